//! A serializer that sees what `serde_json` would write all the same: NaN and the infinities, keys that
//! come twice, and values that go on after an error.
//!
//! NaN is written as `null`, as `None` is. A length is handed on only as far as it can do no harm: for
//! one of 0 the JSON is closed at once, and what comes all the same would stand outside.

use std::cell::Cell;
use std::fmt;

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// The error's text; no other error has it.
pub(super) const NOT_FINITE: &str = "\u{0}not finite";

/// What was seen in a value.
#[derive(Default)]
pub(super) struct Notes {
    /// It is not as it should be, and one of the next may be why.
    is_unclear: Cell<bool>,
    is_not_finite: Cell<bool>,
    has_failed: Cell<bool>,
}

impl Notes {
    /// Whether there is nothing to look at again.
    #[inline]
    pub(super) fn is_clear(&self) -> bool {
        !self.is_unclear.get()
    }

    /// Whether there was a float that is not finite.
    pub(super) fn is_not_finite(&self) -> bool {
        self.is_not_finite.get()
    }

    /// Whether a value in it failed.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.get()
    }

    /// An object may have a key twice.
    #[inline]
    fn keys(&self) {
        self.is_unclear.set(true);
    }

    #[cold]
    fn not_finite<E: serde::ser::Error>(&self) -> E {
        self.is_unclear.set(true);
        self.is_not_finite.set(true);
        E::custom(NOT_FINITE)
    }

    #[cold]
    fn failed(&self) {
        self.is_unclear.set(true);
        self.has_failed.set(true);
    }
}

/// Hands everything on to another serializer but for floats that are not finite.
pub(super) struct Guard<'a, S> {
    inner: S,
    notes: &'a Notes,
}

impl<'a, S> Guard<'a, S> {
    #[inline]
    pub(super) fn new(inner: S, notes: &'a Notes) -> Self {
        Self { inner, notes }
    }
}

/// A value that is serialized through a guard.
struct Guarded<'a, T: ?Sized>(&'a T, &'a Notes);

impl<T: Serialize + ?Sized> Serialize for Guarded<'_, T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let result = self.0.serialize(Guard::new(serializer, self.1));
        if result.is_err() {
            self.1.failed();
        }
        result
    }
}

macro_rules! handed_on {
    ($($method:ident($ty:ty))*) => {$(
        #[inline]
        fn $method(self, value: $ty) -> Result<S::Ok, S::Error> {
            self.inner.$method(value)
        }
    )*};
}

impl<'a, S: Serializer> Serializer for Guard<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Guard<'a, S::SerializeSeq>;
    type SerializeTuple = Guard<'a, S::SerializeTuple>;
    type SerializeTupleStruct = Guard<'a, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Guard<'a, S::SerializeTupleVariant>;
    type SerializeMap = Entries<'a, S::SerializeMap>;
    type SerializeStruct = Fields<'a, S::SerializeStruct>;
    type SerializeStructVariant = Fields<'a, S::SerializeStructVariant>;

    handed_on! {
        serialize_bool(bool)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
        serialize_u128(u128)
        serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
        serialize_unit_struct(&'static str)
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        if !value.is_finite() {
            return Err(self.notes.not_finite());
        }
        self.inner.serialize_f32(value)
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        if !value.is_finite() {
            return Err(self.notes.not_finite());
        }
        self.inner.serialize_f64(value)
    }

    #[inline]
    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_none()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_some(&Guarded(value, self.notes))
    }

    #[inline]
    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit_variant(name, index, variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.inner
            .serialize_newtype_struct(name, &Guarded(value, self.notes))
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.inner
            .serialize_newtype_variant(name, index, variant, &Guarded(value, self.notes))
    }

    #[inline]
    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        let seq = self.inner.serialize_seq(None)?;
        Ok(Guard::new(seq, self.notes))
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        let tuple = self.inner.serialize_tuple(len.max(1))?;
        Ok(Guard::new(tuple, self.notes))
    }

    #[inline]
    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        let tuple = self.inner.serialize_tuple_struct(name, len.max(1))?;
        Ok(Guard::new(tuple, self.notes))
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        let len = len.max(1);
        let tuple = self
            .inner
            .serialize_tuple_variant(name, index, variant, len)?;
        Ok(Guard::new(tuple, self.notes))
    }

    #[inline]
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        let map = self.inner.serialize_map(None)?;
        Ok(Entries::new(map, self.notes))
    }

    #[inline]
    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        let fields = self.inner.serialize_struct(name, len.max(1))?;
        Ok(Fields::new(fields, self.notes))
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let len = len.max(1);
        let fields = self
            .inner
            .serialize_struct_variant(name, index, variant, len)?;
        Ok(Fields::new(fields, self.notes))
    }

    /// `serde_json` panics where a `Display` fails, so it is not told.
    #[inline]
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let shown = Shown(value, Cell::new(false));
        let ok = self.inner.collect_str(&shown)?;
        if shown.1.get() {
            return Err(S::Error::custom("its `Display` failed"));
        }
        Ok(ok)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// A value whose `Display` fails without a word.
struct Shown<'a, T: ?Sized>(&'a T, Cell<bool>);

impl<T: fmt::Display + ?Sized> fmt::Display for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.fmt(f).is_err() {
            self.1.set(true);
        }
        Ok(())
    }
}

macro_rules! elements {
    ($($kind:ident::$method:ident)*) => {$(
        impl<S: $kind> $kind for Guard<'_, S> {
            type Ok = S::Ok;
            type Error = S::Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
                self.inner.$method(&Guarded(value, self.notes))
            }

            #[inline]
            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
            }
        }
    )*};
}

elements! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

/// The fields of a struct. Those that a derive writes differ, but for names that `rename` makes alike.
pub(super) struct Fields<'a, S> {
    inner: S,
    notes: &'a Notes,
    /// A bit of each name.
    bits: u64,
    count: usize,
    names: [&'static str; KEPT],
}

/// So many names of a struct are kept; one whose bit is there when there are more is looked at in
/// what was written.
const KEPT: usize = 16;

impl<'a, S> Fields<'a, S> {
    #[inline]
    fn new(inner: S, notes: &'a Notes) -> Self {
        Self {
            inner,
            notes,
            bits: 0,
            count: 0,
            names: [""; KEPT],
        }
    }

    #[inline]
    fn name(&mut self, name: &'static str) {
        let bit = 1 << (hash(name) % 64);
        if self.bits & bit != 0 && (self.count > KEPT || self.names.contains(&name)) {
            self.notes.keys();
        }
        self.bits |= bit;
        if let Some(kept) = self.names.get_mut(self.count) {
            *kept = name;
        }
        self.count += 1;
    }
}

/// Of the length and three bytes, which is the same for few names of a struct and is known when the
/// program is compiled.
#[inline]
fn hash(name: &str) -> usize {
    let bytes = name.as_bytes();
    let byte = |index| usize::from(*bytes.get(index).unwrap_or(&0));
    let len = bytes.len();
    len ^ byte(0).wrapping_mul(5)
        ^ byte(len / 2).wrapping_mul(11)
        ^ byte(len.wrapping_sub(1)).wrapping_mul(23)
}

macro_rules! fields {
    ($($kind:ident)*) => {$(
        impl<S: $kind> $kind for Fields<'_, S> {
            type Ok = S::Ok;
            type Error = S::Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), S::Error> {
                self.name(key);
                self.inner.serialize_field(key, &Guarded(value, self.notes))
            }

            #[inline]
            fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
                self.inner.skip_field(key)
            }

            #[inline]
            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
            }
        }
    )*};
}

fields!(SerializeStruct SerializeStructVariant);

/// The entries of a map, and the fields of a struct that has another flattened into it.
pub(super) struct Entries<'a, S> {
    inner: S,
    notes: &'a Notes,
    has_key: bool,
}

impl<'a, S> Entries<'a, S> {
    #[inline]
    fn new(inner: S, notes: &'a Notes) -> Self {
        Self {
            inner,
            notes,
            has_key: false,
        }
    }

    #[inline]
    fn key(&mut self) {
        if self.has_key {
            self.notes.keys();
        }
        self.has_key = true;
    }
}

impl<S: SerializeMap> SerializeMap for Entries<'_, S> {
    type Ok = S::Ok;
    type Error = S::Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.key();
        self.inner.serialize_key(&Guarded(key, self.notes))
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.inner.serialize_value(&Guarded(value, self.notes))
    }

    #[inline]
    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), S::Error> {
        self.key();
        let key = Guarded(key, self.notes);
        self.inner
            .serialize_entry(&key, &Guarded(value, self.notes))
    }

    #[inline]
    fn end(self) -> Result<S::Ok, S::Error> {
        self.inner.end()
    }
}
