//! Serializes values that must be strings: map keys and raw JSON.

use std::fmt;

use serde::ser::{Error as _, Impossible, Serialize, Serializer};

use crate::encode::json;
use crate::encode::value::writer::{EncodeError, SerError, ValueWriter};

/// A serializer that accepts values with a string form and rejects all others.
pub(crate) struct StringSerializer<'w, 'a> {
    pub(crate) writer: &'w mut ValueWriter<'a>,
    pub(crate) kind: StringUse,
}

#[derive(Clone, Copy)]
pub(crate) enum StringUse {
    Key,
    RawJson { is_top: bool },
}

impl StringSerializer<'_, '_> {
    /// Writes a number or a boolean in quotes.
    fn quoted<T: Serialize>(self, value: &T) -> Result<(), SerError> {
        match self.kind {
            StringUse::Key => {
                self.writer.out.push(b'"');
                json::number(self.writer.out, value);
                self.writer.out.push(b'"');
                Ok(())
            }
            StringUse::RawJson { .. } => Err(self.not_a_string()),
        }
    }

    /// Writes the string inside an `Option` or newtype.
    fn wrapped<T: Serialize + ?Sized>(self, value: &T) -> Result<(), SerError> {
        let Self { writer, kind } = self;
        writer.wrapped(|writer| value.serialize(StringSerializer { writer, kind }))
    }

    #[cold]
    fn not_a_string(&self) -> SerError {
        SerError::custom(match self.kind {
            StringUse::Key => "key must be a string",
            StringUse::RawJson { .. } => "raw JSON must be a string",
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

macro_rules! not_a_string {
    ($($method:ident($($ty:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $(_: $ty),*) -> Result<$ok, SerError> {
            Err(self.not_a_string())
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

impl Serializer for StringSerializer<'_, '_> {
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

    not_a_string! {
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
            StringUse::Key => self.writer.serialize_str(value),
            StringUse::RawJson { is_top } => self.writer.raw_json(value, is_top),
        }
    }

    fn serialize_char(self, value: char) -> Result<(), SerError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), SerError> {
        self.wrapped(value)
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
        self.wrapped(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), SerError> {
        Err(self.not_a_string())
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), SerError> {
        match self.kind {
            StringUse::Key => self.writer.display_string(value),
            StringUse::RawJson { .. } => self.serialize_str(&value.to_string()),
        }
    }
}
