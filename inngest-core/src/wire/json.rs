//! JSON values, with the checks that need no second pass.

use std::io;

use serde::{Serialize, Serializer as _};
use serde_json::Serializer;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

use super::guard::{Guard, NOT_FINITE, Notes};
use super::scan;

/// 2^53 − 1: beyond it a double no longer holds every integer, and the server keeps numbers as
/// doubles (measured).
pub(super) const MAX_EXACT: u128 = (1 << 53) - 1;

/// Whether the server stores this integer and no other.
pub(crate) fn is_exact(integer: i128) -> bool {
    integer.unsigned_abs() <= MAX_EXACT
}

/// Why a value was not written.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Something that the server would change.
    Refused(Refused),
    /// NaN or an infinity.
    NotFinite,
    /// The value's own `Serialize` failed.
    Serialize(String),
}

/// What the server would take and change, and where it stands in what is text already: `.a[1]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) unlike: Unlike,
    pub(crate) inside: String,
}

/// How what the server keeps would differ from what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unlike {
    /// An integer that a double does not hold, in decimal.
    Integer(String),
    /// Another number that a double does not hold.
    Number(String),
    /// The key `_inngest` of `data`, which the server deletes (measured).
    ReservedKey,
    /// A key that an object has twice, of which the server keeps the last, as Go reads JSON.
    KeyTwice,
    /// Half of a surrogate pair, for which the server keeps U+FFFD, as Go reads JSON.
    Surrogate,
}

/// The key that the server keeps for itself.
pub(crate) const RESERVED_KEY: &str = "_inngest";

impl From<Unlike> for Refused {
    fn from(unlike: Unlike) -> Self {
        let inside = String::new();
        Self { unlike, inside }
    }
}

/// Which keys a value may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Any.
    Any,
    /// Any but `_inngest` at the top.
    NotReserved,
}

/// Appends a value as JSON. On an error `out` holds a part of it.
pub(crate) fn write<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    value: &T,
    keys: Keys,
) -> Result<(), Fault> {
    let start = out.len();
    let mut refused = None;
    let notes = Notes::default();
    let formatter = Checked::new(&mut refused, keys);
    let mut serializer = Serializer::with_formatter(&mut *out, formatter);
    let result = value.serialize(Guard::new(&mut serializer, &notes));
    match (result, refused) {
        (Ok(()), None) if notes.is_clear() => Ok(()),
        (Ok(()), None) => noted(out.get(start..).unwrap_or_default(), &notes),
        // Also where the value's own `Serialize` goes on after it.
        (_, Some(refused)) => Err(Fault::Refused(refused)),
        (Err(error), None) => {
            let message = error.to_string();
            Err(if message == NOT_FINITE {
                Fault::NotFinite
            } else {
                Fault::Serialize(message)
            })
        }
    }
}

/// Looks once more at what was written, because of what was noted.
#[cold]
fn noted(written: &[u8], notes: &Notes) -> Result<(), Fault> {
    if notes.is_not_finite() {
        return Err(Fault::NotFinite);
    }
    if notes.has_failed() {
        let message = "it went on after an error of a value in it";
        return Err(Fault::Serialize(message.to_owned()));
    }
    // `serde_json` writes text.
    match scan::twice(str::from_utf8(written).unwrap_or_default()) {
        Some(refused) => Err(Fault::Refused(refused)),
        None => Ok(()),
    }
}

/// Appends a JSON string with its quotes.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    string_content(out, text);
    out.push(b'"');
}

/// Appends a JSON string of a text that needs no escapes.
pub(crate) fn plain_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Appends the inside of a JSON string.
pub(crate) fn string_content(out: &mut Vec<u8>, text: &str) {
    if is_plain(text) {
        out.extend_from_slice(text.as_bytes());
    } else {
        // Writing text to a `Vec` cannot fail.
        let _ = Serializer::with_formatter(out, Unquoted).serialize_str(text);
    }
}

/// Whether a JSON string has this text as it is, without an escape.
pub(crate) const fn is_plain(text: &str) -> bool {
    let mut rest = text.as_bytes();
    // All of it is looked at, because that takes fewer instructions than ending early.
    let mut escaped = 0;
    while let Some((word, after)) = rest.split_first_chunk() {
        escaped |= escaped_in(u64::from_ne_bytes(*word));
        rest = after;
    }
    let mut word = SPACES;
    while let [byte, after @ ..] = rest {
        word = word << 8 | *byte as u64;
        rest = after;
    }
    escaped | escaped_in(word) == 0
}

const ONES: u64 = u64::MAX / 255;
const SPACES: u64 = ONES * 0x20;

/// Not 0 when any of eight bytes is one that a JSON string has as an escape: `"`, `\\`, and those
/// below the space.
const fn escaped_in(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let control = word.wrapping_sub(SPACES) & !word;
    let quote = quote.wrapping_sub(ONES) & !quote;
    let backslash = backslash.wrapping_sub(ONES) & !backslash;
    (control | quote | backslash) & (ONES * 0x80)
}

/// Appends an integer.
pub(crate) fn integer(out: &mut Vec<u8>, integer: i128) {
    // Writing an integer to a `Vec` cannot fail. One of 64 bits takes a fraction of the time.
    let _ = match i64::try_from(integer) {
        Ok(integer) => serde_json::to_writer(out, &integer),
        Err(_) => serde_json::to_writer(out, &integer),
    };
}

/// Writes strings without their quotes.
struct Unquoted;

impl Formatter for Unquoted {
    fn begin_string<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        Ok(())
    }

    fn end_string<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        Ok(())
    }
}

/// Writes compact JSON and refuses what the server would change.
#[derive(Debug)]
pub(super) struct Checked<'a> {
    refused: &'a mut Option<Refused>,
    keys: Keys,
    /// Integers as the keys of a map are written as strings, where any is exact.
    in_string: bool,
    depth: usize,
    key: Key,
}

/// Where in a key of the top object the writer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    /// In none.
    Outside,
    /// It is the reserved one so far, up to this byte.
    Reserved(usize),
    /// It is another one.
    Another,
}

impl<'a> Checked<'a> {
    pub(super) fn new(refused: &'a mut Option<Refused>, keys: Keys) -> Self {
        Self {
            refused,
            keys,
            in_string: false,
            depth: 0,
            key: Key::Outside,
        }
    }

    #[cold]
    fn refuse(&mut self, refused: Refused) -> io::Error {
        *self.refused = Some(refused);
        io::Error::other("the server would change this")
    }

    /// Refuses what the server would change in JSON that is text already.
    fn check_text(&mut self, json: &str) -> io::Result<()> {
        let is_top = self.depth == 0 && self.keys == Keys::NotReserved;
        match scan::of_user(json, is_top) {
            Some(refused) => Err(self.refuse(refused)),
            None => Ok(()),
        }
    }
}

macro_rules! checked_integers {
    ($($method:ident($integer:ty) as $kind:ident;)*) => {$(
        #[inline]
        fn $method<W: ?Sized + io::Write>(
            &mut self,
            writer: &mut W,
            value: $integer,
        ) -> io::Result<()> {
            let exact = checked_integers!(@magnitude $kind value) <= MAX_EXACT;
            if exact || self.in_string {
                CompactFormatter.$method(writer, value)
            } else {
                Err(self.refuse(Unlike::Integer(value.to_string()).into()))
            }
        }
    )*};
    (@magnitude Signed $value:ident) => { u128::from($value.unsigned_abs()) };
    (@magnitude Unsigned $value:ident) => { u128::from($value) };
}

impl Formatter for Checked<'_> {
    checked_integers! {
        write_i64(i64) as Signed;
        write_i128(i128) as Signed;
        write_u64(u64) as Unsigned;
        write_u128(u128) as Unsigned;
    }

    /// Numbers kept as text, as `serde_json` has them with `arbitrary_precision`.
    fn write_number_str<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        value: &str,
    ) -> io::Result<()> {
        if !self.in_string {
            self.check_text(value)?;
        }
        writer.write_all(value.as_bytes())
    }

    /// JSON that is already text: `RawValue`.
    fn write_raw_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.check_text(fragment)?;
        writer.write_all(fragment.as_bytes())
    }

    #[inline]
    fn begin_string<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.in_string = true;
        writer.write_all(b"\"")
    }

    #[inline]
    fn end_string<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.in_string = false;
        writer.write_all(b"\"")
    }

    #[inline]
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if let Key::Reserved(begun) = self.key {
            let rest = RESERVED_KEY.get(begun..).unwrap_or_default();
            self.key = if rest.starts_with(fragment) {
                Key::Reserved(begun + fragment.len())
            } else {
                Key::Another
            };
        }
        writer.write_all(fragment.as_bytes())
    }

    #[inline]
    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        if self.key != Key::Outside {
            self.key = Key::Another;
        }
        CompactFormatter.write_char_escape(writer, escape)
    }

    #[inline]
    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(b"{")
    }

    #[inline]
    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(b"}")
    }

    #[inline]
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(b"[")
    }

    #[inline]
    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(b"]")
    }

    #[inline]
    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if self.depth == 1 && self.keys == Keys::NotReserved {
            self.key = Key::Reserved(0);
        }
        CompactFormatter.begin_object_key(writer, first)
    }

    #[inline]
    fn end_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        if self.key == Key::Reserved(RESERVED_KEY.len()) {
            return Err(self.refuse(Unlike::ReservedKey.into()));
        }
        self.key = Key::Outside;
        Ok(())
    }
}

/// The character that an escape stands for.
pub(super) fn escaped(escape: &CharEscape) -> char {
    match escape {
        CharEscape::Quote => '"',
        CharEscape::ReverseSolidus => '\\',
        CharEscape::Solidus => '/',
        CharEscape::Backspace => '\u{8}',
        CharEscape::FormFeed => '\u{c}',
        CharEscape::LineFeed => '\n',
        CharEscape::CarriageReturn => '\r',
        CharEscape::Tab => '\t',
        CharEscape::AsciiControl(byte) => char::from(*byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_serde_json() {
        for text in [
            "",
            "\"",
            "a\nb",
            "\u{7f}\u{80}é ü",
            "01234567\\",
            "\u{1f}23456789abcdef",
        ] {
            let mut out = Vec::new();
            string(&mut out, text);
            assert_eq!(out, serde_json::to_vec(text).unwrap());
        }
    }

    #[test]
    fn what_is_escaped_is_found_at_every_place() {
        for c in (0..=0x7f).map(char::from).chain(['é', '\u{2028}', '😀']) {
            let written = serde_json::to_string(&c).unwrap();
            let is_escaped = written != format!("\"{c}\"");
            for (before, after) in (0..20).flat_map(|a| (0..20).map(move |b| (a, b))) {
                let text = format!("{}{c}{}", "x".repeat(before), "~".repeat(after));
                assert_eq!(is_plain(&text), !is_escaped, "{text:?}");
            }
        }
    }
}
