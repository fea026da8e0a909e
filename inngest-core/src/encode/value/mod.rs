//! A value as JSON, in one pass with the checks of what the server would change.
//!
//! `serde_json` would write all the same: NaN and the infinities as `null`, keys that come twice, an
//! object that is closed at once where its length is given as 0 and what comes after it, and values
//! that go on after an error. Numbers, and texts with escapes, are written by it.

pub(crate) mod depth;
mod parts;
mod serializer;
mod text;
pub(crate) mod writer;

use serde::ser::Serialize;

use writer::{Failure, Keys, ValueWriter};

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

#[cfg(test)]
mod tests;
