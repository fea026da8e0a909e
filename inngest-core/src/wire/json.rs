//! JSON values, with the checks that need no second pass.

use std::io;

use serde::{Serialize, Serializer as _};
use serde_json::Serializer;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

use super::guard::{Guard, NOT_FINITE};

/// 2^53 − 1: beyond it a double no longer holds every integer, and the server keeps numbers as
/// doubles (measured).
const MAX_EXACT: u128 = (1 << 53) - 1;

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

/// What the server would take and change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// An integer that a double does not hold, in decimal.
    Integer(String),
    /// The key `_inngest` of `data`, which the server deletes (measured).
    ReservedKey,
}

/// The key that the server keeps for itself.
pub(crate) const RESERVED_KEY: &str = "_inngest";

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
    let mut refused = None;
    let formatter = Checked::new(&mut refused, keys);
    let result = value.serialize(Guard(&mut Serializer::with_formatter(out, formatter)));
    match (result, refused) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(refused)) => Err(Fault::Refused(refused)),
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
    /// At its beginning.
    Begun,
    /// It is the reserved one so far.
    Reserved,
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

    /// Refuses integers in JSON text that the server would round.
    fn check_text(&mut self, json: &str) -> io::Result<()> {
        match first_inexact(json) {
            Some(integer) => Err(self.refuse(Refused::Integer(integer.to_owned()))),
            None => Ok(()),
        }
    }
}

/// The first integer in a JSON text that a double does not hold.
fn first_inexact(json: &str) -> Option<&str> {
    let mut rest = json;
    loop {
        let start = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit())?;
        rest = rest.get(start..)?;
        if let Some(string) = rest.strip_prefix('"') {
            rest = after_string(string);
            continue;
        }
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
        let (number, after) = rest.split_at(end.unwrap_or(rest.len()));
        let digits = number.strip_prefix('-').unwrap_or(number);
        let is_integer = digits.bytes().all(|byte| byte.is_ascii_digit());
        // Texts of more digits than a u128 has are beyond it too.
        if is_integer
            && digits
                .parse::<u128>()
                .map_or(!digits.is_empty(), |n| n > MAX_EXACT)
        {
            return Some(number);
        }
        rest = after;
    }
}

/// What follows a string whose opening quote is taken off.
fn after_string(mut rest: &str) -> &str {
    while let Some(place) = rest.find(['"', '\\']) {
        let is_end = rest[place..].starts_with('"');
        let next = rest[place + 1..].chars().next().map_or(0, char::len_utf8);
        let skip = if is_end { place + 1 } else { place + 1 + next };
        rest = rest.get(skip..).unwrap_or_default();
        if is_end {
            return rest;
        }
    }
    ""
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
                Err(self.refuse(Refused::Integer(value.to_string())))
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
        if self.key != Key::Outside {
            let reserved = self.key == Key::Begun && fragment == RESERVED_KEY;
            self.key = if reserved {
                Key::Reserved
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
            self.key = Key::Begun;
        }
        CompactFormatter.begin_object_key(writer, first)
    }

    #[inline]
    fn end_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        if self.key == Key::Reserved {
            return Err(self.refuse(Refused::ReservedKey));
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
