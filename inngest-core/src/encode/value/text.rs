//! What is written as a text: the keys of maps, and JSON that is text already.

use std::fmt;

use serde::ser::{Error as _, Impossible, Serialize, Serializer};

use crate::encode::json;
use crate::encode::value::writer::{EncodeError, SerError, ValueWriter};

/// Writes a text, and nothing else.
pub(crate) struct Text<'w, 'a> {
    pub(crate) writer: &'w mut ValueWriter<'a>,
    pub(crate) kind: TextKind,
}

#[derive(Clone, Copy)]
pub(crate) enum TextKind {
    Key,
    Fragment { is_top: bool },
}

impl Text<'_, '_> {
    /// Writes a number or a boolean between quotes.
    fn quoted<T: Serialize>(self, value: &T) -> Result<(), SerError> {
        match self.kind {
            TextKind::Key => {
                self.writer.out.push(b'"');
                json::number(self.writer.out, value);
                self.writer.out.push(b'"');
                Ok(())
            }
            TextKind::Fragment { .. } => Err(self.no_text()),
        }
    }

    /// Writes a text that stands in place of another.
    fn step<T: Serialize + ?Sized>(self, value: &T) -> Result<(), SerError> {
        let Self { writer, kind } = self;
        writer.step(|writer| value.serialize(Text { writer, kind }))
    }

    #[cold]
    fn no_text(&self) -> SerError {
        SerError::custom(match self.kind {
            TextKind::Key => "key must be a string",
            TextKind::Fragment { .. } => "JSON as text must be a string",
        })
    }
}

macro_rules! quoted {
    ($($method:ident($ty:ty))*) => {$(
        fn $method(self, value: $ty) -> Result<(), SerError> {
            self.quoted(&value)
        }
    )*};
}

macro_rules! no_text {
    ($($method:ident($($ty:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $(_: $ty),*) -> Result<$ok, SerError> {
            Err(self.no_text())
        }
    )*};
}

macro_rules! finite {
    ($($method:ident($float:ty))*) => {$(
        fn $method(self, value: $float) -> Result<(), SerError> {
            if !value.is_finite() {
                return Err(self.writer.refuse(EncodeError::NotFinite));
            }
            self.quoted(&value)
        }
    )*};
}

type Never = Impossible<(), SerError>;

impl Serializer for Text<'_, '_> {
    type Ok = ();
    type Error = SerError;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    quoted! {
        serialize_bool(bool)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
        serialize_u128(u128)
    }

    finite!(serialize_f32(f32) serialize_f64(f64));

    no_text! {
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), SerError> {
        match self.kind {
            TextKind::Key => self.writer.serialize_str(value),
            TextKind::Fragment { is_top } => self.writer.fragment(value, is_top),
        }
    }

    fn serialize_char(self, value: char) -> Result<(), SerError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), SerError> {
        self.step(value)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), SerError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), SerError> {
        self.step(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), SerError> {
        Err(self.no_text())
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), SerError> {
        match self.kind {
            TextKind::Key => self.writer.shown(value),
            TextKind::Fragment { .. } => self.serialize_str(&value.to_string()),
        }
    }
}
