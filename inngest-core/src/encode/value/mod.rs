//! Encodes one value as JSON and checks in the same pass that the server would not change it.
//!
//! `serde_json` alone would accept all of these: NaN and infinities (written as `null`), duplicate
//! keys, a map that announces length 0 but has entries (the object is closed too early), and a
//! `Serialize` that continues after an error. This module calls it only for numbers and for strings
//! with escapes.

pub(crate) mod depth;
mod parts;
mod serializer;
mod text;
pub(crate) mod writer;

use serde::ser::Serialize;

use writer::{EncodeFailure, Keys, ValueWriter};

/// Appends a value as JSON. `levels` is how deep the value is nested in the event. On an error
/// `out` ends with a partial value.
pub(crate) fn write<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    value: &T,
    keys: Keys,
    levels: usize,
) -> Result<(), EncodeFailure> {
    let start = out.len();
    let mut writer = ValueWriter {
        out,
        start,
        keys,
        refused: None,
        failed: None,
        may_repeat_keys: false,
        levels,
        wrappers: 0,
    };
    let result = value.serialize(&mut writer);
    if result.is_ok() && writer.failed.is_none() && !writer.may_repeat_keys {
        return Ok(());
    }
    writer.into_error(result)
}

#[cfg(test)]
mod tests;
