//! Writes JSON strings and numbers, and names the changes that the server would make to them.

use std::io;

use inngest_grammar::limits::MAX_INTEGER;
use serde::{Serialize, Serializer as _};
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// The largest integer that the server stores exactly, as `u128` because that is the widest type
/// compared with it.
pub(super) const MAX_EXACT_INTEGER: u128 = MAX_INTEGER.unsigned_abs() as u128;

/// Whether the server stores this integer exactly.
pub(crate) fn is_exact(integer: i128) -> bool {
    integer.unsigned_abs() <= MAX_EXACT_INTEGER
}

/// A value that the server would accept but change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lossy {
    /// An integer, in decimal, that a double cannot represent.
    Integer(String),
    /// Another number that a double cannot represent.
    Number(String),
    /// The key `_inngest` of `data`, which the server deletes (measured).
    ReservedKey,
    /// A duplicate key in an object. The server keeps the last one, because Go reads JSON that way.
    DuplicateKey,
    /// Half of a surrogate pair. The server replaces it with U+FFFD, because Go reads JSON that
    /// way.
    Surrogate,
    /// An array or object nested deeper than the server stores.
    TooDeep,
}

/// The key of `data` that the server reserves.
pub(crate) const RESERVED_KEY: &str = "_inngest";

/// Appends a JSON string with its quotes.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    if is_plain(text) {
        plain_string(out, text);
    } else {
        out.push(b'"');
        escaped_content(out, text);
        out.push(b'"');
    }
}

/// Appends a JSON string whose text needs no escapes.
pub(crate) fn plain_string(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Appends the content of a JSON string, without quotes.
pub(crate) fn string_content(out: &mut Vec<u8>, text: &str) {
    if is_plain(text) {
        out.extend_from_slice(text.as_bytes());
    } else {
        escaped_content(out, text);
    }
}

#[cold]
fn escaped_content(out: &mut Vec<u8>, text: &str) {
    // Writing text to a `Vec` cannot fail.
    let _ = Serializer::with_formatter(out, WithoutQuotes).serialize_str(text);
}

/// Whether the text needs no escapes in a JSON string.
#[inline]
pub(crate) const fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Checking all bytes takes fewer instructions than stopping early.
    let found = if let Some(last) = bytes.last_chunk() {
        // The last eight bytes may overlap the others.
        let mut found = escape_bits(u64::from_ne_bytes(*last));
        let mut rest = bytes;
        while rest.len() > 8
            && let Some((word, after)) = rest.split_first_chunk()
        {
            found |= escape_bits(u64::from_ne_bytes(*word));
            rest = after;
        }
        found
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_ne_bytes(*first), u32::from_ne_bytes(*last));
        escape_bits((first as u64) << 32 | last as u64)
    } else {
        let mut word = SPACES;
        let mut rest = bytes;
        while let [byte, after @ ..] = rest {
            word = word << 8 | *byte as u64;
            rest = after;
        }
        escape_bits(word)
    };
    found & (ONES * 0x80) == 0
}

const ONES: u64 = u64::MAX / 255;
const SPACES: u64 = ONES * 0x20;

/// Checks eight bytes at once. The highest bit of some byte of the result is set if any of the eight
/// needs an escape in a JSON string: `"`, `\`, or a byte below the space. Other bits have no meaning.
#[inline]
const fn escape_bits(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    // The highest bit of an ASCII byte is clear; a subtraction sets it if it borrows.
    (word.wrapping_sub(SPACES) | quote.wrapping_sub(ONES) | backslash.wrapping_sub(ONES)) & !word
}

/// Appends an integer.
pub(crate) fn integer(out: &mut Vec<u8>, integer: i128) {
    // Formatting 64 bits is several times faster than 128.
    match i64::try_from(integer) {
        Ok(integer) => number(out, &integer),
        Err(_) => number(out, &integer),
    }
}

/// Appends a number or a boolean.
#[inline]
pub(super) fn number<T: Serialize>(out: &mut Vec<u8>, number: &T) {
    // Writing a number to a `Vec` cannot fail.
    let _ = serde_json::to_writer(out, number);
}

/// A `serde_json` formatter that writes strings without quotes.
struct WithoutQuotes;

impl Formatter for WithoutQuotes {
    fn begin_string<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        Ok(())
    }

    fn end_string<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_match_serde_json() {
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
    fn escapes_are_found_at_every_offset() {
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
