//! The parts of arrays and objects.

use std::ops::Range;

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
};

use crate::encode::json::{RESERVED_KEY, is_plain};
use crate::encode::value::text::{Text, TextKind};
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
        self.writer.part(value)
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

/// The fields of a struct. Those that a derive writes differ, but for names that `rename` makes alike.
pub(crate) struct Fields<'w, 'a> {
    writer: &'w mut ValueWriter<'a>,
    is_top: bool,
    /// Whether its one field is JSON as text.
    is_fragment: bool,
    /// A bit of each name.
    bits: u64,
    names: Names,
}

/// Where the first keys of an object stand in what is written, from where the whole value begins: no
/// event has more bytes than 32 bits count.
struct Names {
    count: usize,
    places: [u32; KEPT],
}

/// So many keys are kept; those of larger objects are looked for when all is written.
const KEPT: usize = 16;

impl Names {
    const fn new() -> Self {
        Self {
            count: 0,
            places: [0; KEPT],
        }
    }

    /// The next key begins here, with the brace or the comma before it.
    #[inline]
    fn push(&mut self, writer: &ValueWriter<'_>) {
        if let Some(place) = self.places.get_mut(self.count) {
            *place = u32::try_from(writer.out.len() - writer.start).unwrap_or(u32::MAX);
        }
        self.count += 1;
    }

    /// Whether one before the last is this text, as far as is known.
    fn repeat(&self, text: &[u8], writer: &ValueWriter<'_>) -> bool {
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

/// The names of the structs by which `serde_json` hands on JSON that is text: that of `RawValue`, and
/// that of numbers with its feature `arbitrary_precision`.
const FRAGMENTS: [&str; 2] = [
    "$serde_json::private::RawValue",
    "$serde_json::private::Number",
];

impl<'w, 'a> Fields<'w, 'a> {
    #[inline]
    pub(crate) fn new(writer: &'w mut ValueWriter<'a>, name: &str) -> Result<Self, SerError> {
        let is_fragment = FRAGMENTS.contains(&name);
        if !is_fragment {
            writer.open()?;
        }
        Ok(Self {
            is_top: writer.is_at_top(),
            is_fragment,
            writer,
            bits: 0,
            names: Names::new(),
        })
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), SerError> {
        if self.is_fragment {
            return value.serialize(Text {
                writer: self.writer,
                kind: TextKind::Fragment {
                    is_top: self.is_top,
                },
            });
        }
        self.names.push(self.writer);
        self.writer.key(self.names.count == 1, self.is_top, name)?;
        let bit = 1 << (hash(name) % 64);
        if self.bits & bit != 0 {
            // One with escapes is looked for when all is written.
            let repeats = !is_plain(name) || self.names.repeat(name.as_bytes(), self.writer);
            self.writer.may_repeat_keys |= repeats;
        }
        self.bits |= bit;
        self.writer.part(value)
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
                if !self.is_fragment {
                    let end: &[u8] = if self.names.count == 0 { b"{}" } else { b"}" };
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

/// The entries of a map, and the fields of a struct that has another flattened into it.
pub(crate) struct Entries<'w, 'a> {
    writer: &'w mut ValueWriter<'a>,
    is_top: bool,
    names: Names,
    /// Where the greatest key stands, without its quotes.
    greatest: Range<usize>,
    /// Whether a key waits for its value.
    is_in_entry: bool,
}

impl<'w, 'a> Entries<'w, 'a> {
    #[inline]
    pub(crate) fn new(writer: &'w mut ValueWriter<'a>) -> Result<Self, SerError> {
        writer.open()?;
        Ok(Self {
            is_top: writer.is_at_top(),
            writer,
            names: Names::new(),
            greatest: 0..0,
            is_in_entry: false,
        })
    }

    #[inline]
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), SerError> {
        if self.is_in_entry {
            return Err(self.out_of_turn());
        }
        let Self {
            writer,
            names,
            greatest,
            ..
        } = self;
        names.push(writer);
        writer.out.push(if names.count == 1 { b'{' } else { b',' });
        let start = writer.out.len();
        let result = key.serialize(Text {
            writer,
            kind: TextKind::Key,
        });
        if let Err(stop) = result {
            writer.failed(start);
            return Err(stop);
        }
        let key = start + 1..writer.out.len() - 1;
        writer.out.push(b':');
        let text = writer.out.get(key.clone()).unwrap_or_default();
        let before = writer.out.get(greatest.clone()).unwrap_or_default();
        // One that is greater than all before it, as each of a sorted map is, differs from them.
        if names.count == 1 || text > before {
            *greatest = key.clone();
        } else if names.repeat(text, writer) {
            writer.may_repeat_keys = true;
        }
        if self.is_top && writer.out.get(key).unwrap_or_default() == RESERVED_KEY.as_bytes() {
            return Err(writer.reserved_key());
        }
        Ok(())
    }

    /// Keys and values do not take turns.
    #[cold]
    fn out_of_turn(&mut self) -> SerError {
        self.writer.failed(self.writer.out.len());
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
            return Err(self.out_of_turn());
        }
        self.writer.part(value)
    }

    #[inline]
    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), SerError> {
        self.key(key)?;
        self.writer.part(value)
    }

    #[inline]
    fn end(mut self) -> Result<(), SerError> {
        if self.is_in_entry {
            return Err(self.out_of_turn());
        }
        let end: &[u8] = if self.names.count == 0 { b"{}" } else { b"}" };
        self.writer.out.extend_from_slice(end);
        self.writer.close(1);
        Ok(())
    }
}
