//! A value as JSON, in one pass with the checks of what the server would change.
//!
//! `serde_json` would write all the same: NaN and the infinities as `null`, keys that come twice, an
//! object that is closed at once where its length is given as 0 and what comes after it, and values
//! that go on after an error. Numbers, and texts with escapes, are written by it.

pub(crate) mod depth;
mod parts;
mod text;

use std::fmt::{self, Write as _};

use serde::ser::{Error as _, Serialize, Serializer};

use self::parts::{Elements, Entries, Fields};
use super::json::{self, MAX_EXACT, RESERVED_KEY, Unlike};
use super::scan::{self, Refused};
use depth::MAX_DEPTH;

/// Why a value was not written.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Something that the server would change.
    Refused(Unlike),
    /// NaN or an infinity.
    NotFinite,
    /// The value's own `Serialize` failed.
    Serialize(String),
}

/// Which keys a value may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Any.
    Any,
    /// Any but `_inngest` at the top.
    NotReserved,
}

/// What is wrong with a value, and where in it: `.order.lines[3].total`.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) fault: Fault,
    pub(crate) path: String,
}

/// Appends a value as JSON that stands inside this many levels. On an error `out` holds a part of it.
pub(crate) fn write<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    value: &T,
    keys: Keys,
    levels: usize,
) -> Result<(), Failure> {
    let start = out.len();
    let mut writer = ValueWriter {
        out,
        start,
        keys,
        refused: None,
        failed: None,
        may_repeat_keys: false,
        levels,
        steps: 0,
    };
    let result = value.serialize(&mut writer);
    if result.is_ok() && writer.failed.is_none() && !writer.may_repeat_keys {
        return Ok(());
    }
    writer.look_again(result)
}

struct ValueWriter<'a> {
    out: &'a mut Vec<u8>,
    /// Where the whole value begins.
    start: usize,
    keys: Keys,
    /// The first value that is refused.
    refused: Option<Failure>,
    /// The path to the first value that failed: the innermost, as it is the first to end.
    failed: Option<String>,
    may_repeat_keys: bool,
    /// How many arrays and objects are open, with the event that they are in.
    levels: usize,
    /// How many calls are open that write a value in place of another: of an `Option` or a newtype.
    steps: usize,
}

impl ValueWriter<'_> {
    /// Writes a value that is part of another.
    #[inline]
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        let start = self.out.len();
        let result = self.nested(|writer| value.serialize(writer));
        if result.is_err() {
            self.failed(start);
        }
        result
    }

    /// The value that begins here failed. What was written of it may be no JSON.
    #[cold]
    fn failed(&mut self, start: usize) {
        self.out.truncate(start);
        if self.failed.is_none() {
            self.failed = Some(self.path());
        }
    }

    /// The path to the value that begins here.
    fn path(&self) -> String {
        scan::path_to_end(self.written())
    }

    /// Refuses the value that begins here.
    #[cold]
    fn refuse(&mut self, fault: Fault) -> Stop {
        self.refuse_inside(fault, "")
    }

    /// Refuses what stands at a path inside the value that begins here.
    #[cold]
    fn refuse_inside(&mut self, fault: Fault, path: &str) -> Stop {
        if self.refused.is_none() {
            let path = self.path() + path;
            self.refused = Some(Failure { fault, path });
        }
        Stop::custom("the server would change this value")
    }

    /// Whether what comes next is all of the value, and its keys are those of `data`.
    #[inline]
    fn is_at_top(&self) -> bool {
        self.keys == Keys::NotReserved && self.out.len() == self.start
    }

    /// Begins an object or goes on with it, up to where the value of this key begins.
    #[inline]
    fn key(&mut self, is_first: bool, is_top: bool, key: &str) -> Result<(), Stop> {
        self.out
            .extend_from_slice(if is_first { b"{\"" } else { b",\"" });
        json::string_content(self.out, key);
        self.out.extend_from_slice(b"\":");
        if is_top && key == RESERVED_KEY {
            return Err(self.reserved_key());
        }
        Ok(())
    }

    /// The key that was written last is the reserved one.
    #[cold]
    fn reserved_key(&mut self) -> Stop {
        self.refuse(Fault::Refused(Unlike::ReservedKey))
    }

    /// Begins the object of an enum's variant.
    #[inline]
    fn variant(&mut self, variant: &'static str) -> Result<(), Stop> {
        let is_top = self.is_at_top();
        self.open()?;
        self.key(true, is_top, variant)
    }

    fn fragment(&mut self, json: &str, is_top: bool) -> Result<(), Stop> {
        let levels = MAX_DEPTH.saturating_sub(self.levels);
        if let Some(Refused { unlike, inside }) = scan::of_user(json, is_top, levels) {
            return Err(self.refuse_inside(Fault::Refused(unlike), &inside));
        }
        self.out.extend_from_slice(json.as_bytes());
        Ok(())
    }

    fn shown<T: fmt::Display + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        self.out.push(b'"');
        write!(Escaped(self.out), "{value}").map_err(|_| Stop::custom("its `Display` failed"))?;
        self.out.push(b'"');
        Ok(())
    }

    /// What is written of the whole value.
    fn written(&self) -> &str {
        let written = self.out.get(self.start..).unwrap_or_default();
        // All of it is text.
        str::from_utf8(written).unwrap_or_default()
    }

    /// What is wrong, if it is; all is written as far as it came.
    #[cold]
    fn look_again(mut self, result: Result<(), Stop>) -> Result<(), Failure> {
        if let Some(refused) = self.refused.take() {
            return Err(refused);
        }
        let path = self.failed.take();
        let message = match (result, &path) {
            (Err(Stop(message)), _) => message.into(),
            (Ok(()), Some(_)) => "it went on after an error of a value in it".to_owned(),
            (Ok(()), None) => {
                return match scan::twice(self.written()) {
                    Some(Refused { unlike, inside }) => Err(Failure {
                        fault: Fault::Refused(unlike),
                        path: inside,
                    }),
                    None => Ok(()),
                };
            }
        };
        Err(Failure {
            fault: Fault::Serialize(message),
            path: path.unwrap_or_default(),
        })
    }
}

/// Texts that are written into a JSON string.
struct Escaped<'a>(&'a mut Vec<u8>);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        json::string_content(self.0, text);
        Ok(())
    }
}

/// Why a value could not be written.
#[derive(Debug)]
struct Stop(Box<str>);

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Stop {}

impl serde::ser::Error for Stop {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string().into())
    }
}

macro_rules! integers {
    ($($method:ident($integer:ty) $(exact if $is_exact:expr)?;)*) => {$(
        #[inline]
        fn $method(self, value: $integer) -> Result<(), Stop> {
            $(if !$is_exact(value) {
                return Err(self.refuse(Fault::Refused(Unlike::Integer(value.to_string()))));
            })?
            json::number(self.out, &value);
            Ok(())
        }
    )*};
}

macro_rules! floats {
    ($($method:ident($float:ty))*) => {$(
        #[inline]
        fn $method(self, value: $float) -> Result<(), Stop> {
            if !value.is_finite() {
                return Err(self.refuse(Fault::NotFinite));
            }
            json::number(self.out, &value);
            Ok(())
        }
    )*};
}

impl<'w, 'a> Serializer for &'w mut ValueWriter<'a> {
    type Ok = ();
    type Error = Stop;
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
        serialize_i64(i64) exact if |value: i64| u128::from(value.unsigned_abs()) <= MAX_EXACT;
        serialize_u64(u64) exact if |value: u64| u128::from(value) <= MAX_EXACT;
        serialize_i128(i128) exact if |value: i128| value.unsigned_abs() <= MAX_EXACT;
        serialize_u128(u128) exact if |value: u128| value <= MAX_EXACT;
    }

    floats!(serialize_f32(f32) serialize_f64(f64));

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Stop> {
        let text: &[u8] = if value { b"true" } else { b"false" };
        self.out.extend_from_slice(text);
        Ok(())
    }

    #[inline]
    fn serialize_char(self, value: char) -> Result<(), Stop> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Stop> {
        json::string(self.out, value);
        Ok(())
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Result<(), Stop> {
        self.collect_seq(value)
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Stop> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Stop> {
        self.step(|writer| value.serialize(writer))
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Stop> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Stop> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Stop> {
        self.serialize_str(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Stop> {
        self.step(|writer| value.serialize(writer))
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Stop> {
        self.variant(variant)?;
        self.part(value)?;
        self.out.push(b'}');
        self.close(1);
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'w, 'a>, Stop> {
        Elements::new(self)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Elements<'w, 'a>, Stop> {
        self.serialize_seq(None)
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements<'w, 'a>, Stop> {
        self.serialize_seq(None)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Elements<'w, 'a>, Stop> {
        self.variant(variant)?;
        self.serialize_seq(None)
    }

    #[inline]
    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'w, 'a>, Stop> {
        Entries::new(self)
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Fields<'w, 'a>, Stop> {
        Fields::new(self, name)
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields<'w, 'a>, Stop> {
        self.variant(variant)?;
        Fields::new(self, "")
    }

    #[inline]
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Stop> {
        self.shown(value)
    }
}

#[cfg(test)]
mod tests;
