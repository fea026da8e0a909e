//! Texts and numbers of JSON, and what the server would change.

use std::io;

use inngest_grammar::limits::MAX_INTEGER;
use serde::{Serialize, Serializer as _};
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// The largest integer that the server keeps, in the type of the largest that is compared with it.
pub(super) const MAX_EXACT: u128 = MAX_INTEGER.unsigned_abs() as u128;

/// Whether the server stores this integer and no other.
pub(crate) fn is_exact(integer: i128) -> bool {
    integer.unsigned_abs() <= MAX_EXACT
}

/// How what the server keeps would differ from what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lossy {
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
    /// An array or object inside more of them than the server keeps.
    TooDeep,
}

/// The key that the server keeps for itself.
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

/// Appends a JSON string of a text that needs no escapes.
pub(crate) fn plain_string(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Appends the inside of a JSON string.
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
    let _ = Serializer::with_formatter(out, Unquoted).serialize_str(text);
}

/// Whether a JSON string has this text as it is, without an escape.
#[inline]
pub(crate) const fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    // All of it is looked at, because that takes fewer instructions than ending early.
    let found = if let Some(last) = bytes.last_chunk() {
        // The last eight bytes may overlap those before them.
        let mut found = escaped_in(u64::from_ne_bytes(*last));
        let mut rest = bytes;
        while rest.len() > 8
            && let Some((word, after)) = rest.split_first_chunk()
        {
            found |= escaped_in(u64::from_ne_bytes(*word));
            rest = after;
        }
        found
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_ne_bytes(*first), u32::from_ne_bytes(*last));
        escaped_in((first as u64) << 32 | last as u64)
    } else {
        let mut word = SPACES;
        let mut rest = bytes;
        while let [byte, after @ ..] = rest {
            word = word << 8 | *byte as u64;
            rest = after;
        }
        escaped_in(word)
    };
    found & (ONES * 0x80) == 0
}

const ONES: u64 = u64::MAX / 255;
const SPACES: u64 = ONES * 0x20;

/// Has the highest bit of a byte when one of eight bytes is one that a JSON string has as an
/// escape: `"`, `\\`, and those below the space. The other bits mean nothing.
#[inline]
const fn escaped_in(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    // A byte of ASCII has no highest bit, and what is taken from it borrows one when it is less.
    (word.wrapping_sub(SPACES) | quote.wrapping_sub(ONES) | backslash.wrapping_sub(ONES)) & !word
}

/// Appends an integer.
pub(crate) fn integer(out: &mut Vec<u8>, integer: i128) {
    // One of 64 bits takes a fraction of the time.
    match i64::try_from(integer) {
        Ok(integer) => number(out, &integer),
        Err(_) => number(out, &integer),
    }
}

/// Appends a number or a boolean.
#[inline]
pub(super) fn number<T: Serialize>(out: &mut Vec<u8>, number: &T) {
    // Writing one to a `Vec` cannot fail.
    let _ = serde_json::to_writer(out, number);
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
