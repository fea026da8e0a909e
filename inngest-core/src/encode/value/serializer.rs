//! Implements serde's `Serializer` for the value writer.

use std::fmt;

use serde::ser::{Serialize, Serializer};

use crate::encode::json::{self, Lossy, MAX_EXACT_INTEGER};
use crate::encode::value::parts::{Elements, Entries, Fields};
use crate::encode::value::writer::{EncodeError, SerError, ValueWriter};

macro_rules! integers {
    ($($method:ident($integer:ty) $(exact if $is_exact:expr)?;)*) => {$(
        #[inline]
        fn $method(self, value: $integer) -> Result<(), SerError> {
            $(if !$is_exact(value) {
                return Err(self.refuse(EncodeError::Refused(Lossy::Integer(value.to_string()))));
            })?
            json::number(self.out, &value);
            Ok(())
        }
    )*};
}

macro_rules! floats {
    ($($method:ident($float:ty))*) => {$(
        #[inline]
        fn $method(self, value: $float) -> Result<(), SerError> {
            if !value.is_finite() {
                return Err(self.refuse(EncodeError::NotFinite));
            }
            json::number(self.out, &value);
            Ok(())
        }
    )*};
}

impl<'w, 'a> Serializer for &'w mut ValueWriter<'a> {
    type Ok = ();
    type Error = SerError;
    type SerializeSeq = Elements<'w, 'a>;
    type SerializeTuple = Elements<'w, 'a>;
    type SerializeTupleStruct = Elements<'w, 'a>;
    type SerializeTupleVariant = Elements<'w, 'a>;
    type SerializeMap = Entries<'w, 'a>;
    type SerializeStruct = Fields<'w, 'a>;
    type SerializeStructVariant = Fields<'w, 'a>;

    integers! {
        serialize_i8(i8); serialize_i16(i16); serialize_i32(i32);
        serialize_u8(u8); serialize_u16(u16); serialize_u32(u32);
        serialize_i64(i64) exact if |value: i64| u128::from(value.unsigned_abs()) <= MAX_EXACT_INTEGER;
        serialize_u64(u64) exact if |value: u64| u128::from(value) <= MAX_EXACT_INTEGER;
        serialize_i128(i128) exact if |value: i128| value.unsigned_abs() <= MAX_EXACT_INTEGER;
        serialize_u128(u128) exact if |value: u128| value <= MAX_EXACT_INTEGER;
    }

    floats!(serialize_f32(f32) serialize_f64(f64));

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), SerError> {
        let text: &[u8] = if value { b"true" } else { b"false" };
        self.out.extend_from_slice(text);
        Ok(())
    }

    #[inline]
    fn serialize_char(self, value: char) -> Result<(), SerError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), SerError> {
        json::string(self.out, value);
        Ok(())
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Result<(), SerError> {
        self.collect_seq(value)
    }

    #[inline]
    fn serialize_none(self) -> Result<(), SerError> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), SerError> {
        self.wrapped(|writer| value.serialize(writer))
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), SerError> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), SerError> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), SerError> {
        self.serialize_str(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), SerError> {
        self.wrapped(|writer| value.serialize(writer))
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), SerError> {
        self.variant(variant)?;
        self.nested_value(value)?;
        self.out.push(b'}');
        self.close(1);
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'w, 'a>, SerError> {
        Elements::new(self)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Elements<'w, 'a>, SerError> {
        self.serialize_seq(None)
    }

    #[inline]
    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Elements<'w, 'a>, SerError> {
        self.serialize_seq(None)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Elements<'w, 'a>, SerError> {
        self.variant(variant)?;
        self.serialize_seq(None)
    }

    #[inline]
    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'w, 'a>, SerError> {
        Entries::new(self)
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Fields<'w, 'a>, SerError> {
        Fields::new(self, name)
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields<'w, 'a>, SerError> {
        self.variant(variant)?;
        Fields::new(self, "")
    }

    #[inline]
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), SerError> {
        self.display_string(value)
    }
}
