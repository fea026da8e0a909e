//! Writes the elements of arrays and the entries of objects.

use std::ops::Range;

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
};

use crate::encode::json::{RESERVED_KEY, is_plain};
use crate::encode::value::text::{StringSerializer, StringUse};
use crate::encode::value::writer::{SerError, ValueWriter};

/// The elements of an array.
pub(crate) struct Elements<'w, 'a> {
    writer: &'w mut ValueWriter<'a>,
    is_first: bool,
}

impl<'w, 'a> Elements<'w, 'a> {
    #[inline]
    pub(crate) fn new(writer: &'w mut ValueWriter<'a>) -> Result<Self, SerError> {
        writer.open()?;
        writer.out.push(b'[');
        Ok(Self {
            writer,
            is_first: true,
        })
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerError> {
        if !std::mem::take(&mut self.is_first) {
            self.writer.out.push(b',');
        }
        self.writer.nested_value(value)
    }
}

macro_rules! elements {
    ($($kind:ident::$method:ident ends $end:literal closes $levels:literal)*) => {$(
        impl $kind for Elements<'_, '_> {
            type Ok = ();
            type Error = SerError;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerError> {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Result<(), SerError> {
                self.writer.out.extend_from_slice($end);
                self.writer.close($levels);
                Ok(())
            }
        }
    )*};
}

elements! {
    SerializeSeq::serialize_element ends b"]" closes 1
    SerializeTuple::serialize_element ends b"]" closes 1
    SerializeTupleStruct::serialize_field ends b"]" closes 1
    SerializeTupleVariant::serialize_field ends b"]}" closes 2
}

/// The fields of a struct. Derived field names are distinct unless `rename` makes two of them
/// equal.
pub(crate) struct Fields<'w, 'a> {
    writer: &'w mut ValueWriter<'a>,
    is_top: bool,
    /// Whether the struct is one of [`RAW_JSON_STRUCTS`].
    is_raw_json: bool,
    /// One hash bit for each name seen so far.
    hash_bits: u64,
    keys: KeyPositions,
}

/// The positions of an object's first keys, relative to the start of the outermost value. 32 bits
/// are enough, because no event is larger.
struct KeyPositions {
    count: usize,
    places: [u32; TRACKED_KEYS],
}

/// How many keys are tracked. Larger objects are scanned for duplicates after encoding.
const TRACKED_KEYS: usize = 16;

impl KeyPositions {
    // Inlined, because returning the array would copy it.
    #[inline]
    const fn new() -> Self {
        Self {
            count: 0,
            places: [0; TRACKED_KEYS],
        }
    }

    /// Records that the next key begins here, with the brace or comma before it.
    #[inline]
    fn push(&mut self, writer: &ValueWriter<'_>) {
        if let Some(place) = self.places.get_mut(self.count) {
            *place = u32::try_from(writer.out.len() - writer.start).unwrap_or(u32::MAX);
        }
        self.count += 1;
    }

    /// Whether this text may repeat a key before the last one. Always true if there are more keys than
    /// are tracked.
    fn may_repeat(&self, text: &[u8], writer: &ValueWriter<'_>) -> bool {
        let before = self.count.saturating_sub(1);
        let Some(places) = self.places.get(..before) else {
            return true;
        };
        places.iter().any(|place| {
            let key = writer.start + *place as usize + 2;
            let after = writer.out.get(key..).unwrap_or_default().strip_prefix(text);
            after.is_some_and(|after| after.first() == Some(&b'"'))
        })
    }
}

/// The structs in which `serde_json` wraps raw JSON: `RawValue`, and numbers if its feature
/// `arbitrary_precision` is on.
const RAW_JSON_STRUCTS: [&str; 2] = [
    "$serde_json::private::RawValue",
    "$serde_json::private::Number",
];

impl<'w, 'a> Fields<'w, 'a> {
    #[inline]
    pub(crate) fn new(writer: &'w mut ValueWriter<'a>, name: &str) -> Result<Self, SerError> {
        let is_raw_json = RAW_JSON_STRUCTS.contains(&name);
        if !is_raw_json {
            writer.open()?;
        }
        Ok(Self {
            is_top: writer.is_at_top(),
            is_raw_json,
            writer,
            hash_bits: 0,
            keys: KeyPositions::new(),
        })
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), SerError> {
        if self.is_raw_json {
            return value.serialize(StringSerializer {
                writer: self.writer,
                kind: StringUse::RawJson {
                    is_top: self.is_top,
                },
            });
        }
        self.keys.push(self.writer);
        self.writer.key(self.keys.count == 1, self.is_top, name)?;
        let bit = 1 << (hash(name) % 64);
        if self.hash_bits & bit != 0 {
            // A name with escapes is compared after encoding.
            let repeats = !is_plain(name) || self.keys.may_repeat(name.as_bytes(), self.writer);
            self.writer.may_repeat_keys |= repeats;
        }
        self.hash_bits |= bit;
        self.writer.nested_value(value)
    }
}

/// A cheap hash of the length and three bytes. Few names of one struct share it, and the compiler
/// can evaluate it.
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
    ($($kind:ident ends $end:literal closes $levels:literal)*) => {$(
        impl $kind for Fields<'_, '_> {
            type Ok = ();
            type Error = SerError;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), SerError> {
                self.field(name, value)
            }

            #[inline]
            fn end(self) -> Result<(), SerError> {
                if !self.is_raw_json {
                    let end: &[u8] = if self.keys.count == 0 { b"{}" } else { b"}" };
                    self.writer.out.extend_from_slice(end);
                    self.writer.close($levels);
                }
                self.writer.out.extend_from_slice($end);
                Ok(())
            }
        }
    )*};
}

fields! {
    SerializeStruct ends b"" closes 1
    SerializeStructVariant ends b"}" closes 2
}

/// The entries of a map, or the fields of a struct with `#[serde(flatten)]`.
pub(crate) struct Entries<'w, 'a> {
    writer: &'w mut ValueWriter<'a>,
    is_top: bool,
    keys: KeyPositions,
    /// The range of the greatest key so far, without its quotes.
    greatest: Range<usize>,
    /// Whether a key was written, but not yet its value.
    is_in_entry: bool,
}

impl<'w, 'a> Entries<'w, 'a> {
    #[inline]
    pub(crate) fn new(writer: &'w mut ValueWriter<'a>) -> Result<Self, SerError> {
        writer.open()?;
        Ok(Self {
            is_top: writer.is_at_top(),
            writer,
            keys: KeyPositions::new(),
            greatest: 0..0,
            is_in_entry: false,
        })
    }

    #[inline]
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), SerError> {
        if self.is_in_entry {
            return Err(self.unpaired_entry());
        }
        let Self {
            writer,
            keys,
            greatest,
            ..
        } = self;
        keys.push(writer);
        writer.out.push(if keys.count == 1 { b'{' } else { b',' });
        let start = writer.out.len();
        let result = key.serialize(StringSerializer {
            writer,
            kind: StringUse::Key,
        });
        if let Err(error) = result {
            writer.record_failure(start);
            return Err(error);
        }
        let key = start + 1..writer.out.len() - 1;
        writer.out.push(b':');
        let text = writer.out.get(key.clone()).unwrap_or_default();
        let before = writer.out.get(greatest.clone()).unwrap_or_default();
        // A key greater than all before it is new. In a sorted map, every key is.
        if keys.count == 1 || text > before {
            *greatest = key.clone();
        } else if keys.may_repeat(text, writer) {
            writer.may_repeat_keys = true;
        }
        if self.is_top && writer.out.get(key).unwrap_or_default() == RESERVED_KEY.as_bytes() {
            return Err(writer.reserved_key());
        }
        Ok(())
    }

    /// The error for a key without a value, or a value without a key.
    #[cold]
    fn unpaired_entry(&mut self) -> SerError {
        self.writer.record_failure(self.writer.out.len());
        SerError::custom("a map has a key without a value, or a value without a key")
    }
}

impl SerializeMap for Entries<'_, '_> {
    type Ok = ();
    type Error = SerError;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), SerError> {
        self.key(key)?;
        self.is_in_entry = true;
        Ok(())
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerError> {
        if !std::mem::take(&mut self.is_in_entry) {
            return Err(self.unpaired_entry());
        }
        self.writer.nested_value(value)
    }

    #[inline]
    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), SerError> {
        self.key(key)?;
        self.writer.nested_value(value)
    }

    #[inline]
    fn end(mut self) -> Result<(), SerError> {
        if self.is_in_entry {
            return Err(self.unpaired_entry());
        }
        let end: &[u8] = if self.keys.count == 0 { b"{}" } else { b"}" };
        self.writer.out.extend_from_slice(end);
        self.writer.close(1);
        Ok(())
    }
}
