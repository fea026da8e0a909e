//! JSON values, with the checks that need no second pass.

use std::io;

use serde::{Serialize, Serializer as _};
use serde_json::Serializer;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

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
    /// An integer that a double does not hold.
    Integer(Integer),
    /// The value's own `Serialize` failed.
    Serialize(String),
}

/// Any integer that Rust has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Integer {
    Signed(i128),
    Unsigned(u128),
}

impl std::fmt::Display for Integer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Signed(integer) => integer.fmt(f),
            Self::Unsigned(integer) => integer.fmt(f),
        }
    }
}

/// Appends a value as JSON. On an error `out` holds a part of it.
pub(crate) fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), Fault> {
    let mut refused = None;
    let formatter = Checked::new(&mut refused);
    let result = value.serialize(&mut Serializer::with_formatter(out, formatter));
    match (result, refused) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(integer)) => Err(Fault::Integer(integer)),
        (Err(error), None) => Err(Fault::Serialize(error.to_string())),
    }
}

/// Appends a JSON string with its quotes.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    // Writing text to a `Vec` cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// Appends the inside of a JSON string.
pub(crate) fn string_content(out: &mut Vec<u8>, text: &str) {
    // Writing text to a `Vec` cannot fail.
    let _ = Serializer::with_formatter(out, Unquoted).serialize_str(text);
}

/// Appends an integer.
pub(crate) fn integer(out: &mut Vec<u8>, integer: i128) {
    // Writing an integer to a `Vec` cannot fail.
    let _ = serde_json::to_writer(out, &integer);
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

/// Writes compact JSON and refuses integers that the server would round.
#[derive(Debug)]
pub(super) struct Checked<'a> {
    refused: &'a mut Option<Integer>,
    /// Integers as the keys of a map are written as strings, where any is exact.
    in_string: bool,
}

impl<'a> Checked<'a> {
    pub(super) fn new(refused: &'a mut Option<Integer>) -> Self {
        Self {
            refused,
            in_string: false,
        }
    }

    #[cold]
    fn refuse(&mut self, integer: Integer) -> io::Error {
        *self.refused = Some(integer);
        io::Error::other("an integer beyond 2^53-1")
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
                Err(self.refuse(Integer::$kind(value.into())))
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
