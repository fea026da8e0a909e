//! Writes the JSON of one value, and keeps the first error and the path where it occurred.

use std::fmt::{self, Write as _};

use serde::ser::{Error as _, Serialize};

use crate::encode::json::{self, Lossy, RESERVED_KEY};
use crate::encode::scan::{self, LossyValue};
use inngest_grammar::limits::MAX_DEPTH;

/// Why a value could not be encoded.
#[derive(Debug)]
pub(crate) enum EncodeError {
    /// The server would change this value.
    Refused(Lossy),
    /// NaN or an infinity.
    NotFinite,
    /// The value's own `Serialize` failed.
    Serialize(String),
}

/// Which keys a value may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    Any,
    /// Any but `_inngest` in the outermost object.
    NotReserved,
}

/// An error and the path of the value that caused it, such as `.order.lines[3].total`.
#[derive(Debug)]
pub(crate) struct EncodeFailure {
    pub(crate) error: EncodeError,
    pub(crate) path: String,
}

/// The state while one value and everything nested in it is encoded.
pub(crate) struct ValueWriter<'a> {
    pub(crate) out: &'a mut Vec<u8>,
    /// Where the outermost value begins in `out`.
    pub(crate) start: usize,
    pub(crate) keys: Keys,
    /// The first value that was refused.
    pub(crate) refused: Option<EncodeFailure>,
    /// The path of the first value that failed: the innermost one, because it ends first.
    pub(crate) failed: Option<String>,
    pub(crate) may_repeat_keys: bool,
    /// How many arrays and objects are open, including the event's own.
    pub(crate) levels: usize,
    /// How many `Option`s and newtypes are open.
    pub(crate) wrappers: usize,
}

impl ValueWriter<'_> {
    /// Writes a nested value.
    #[inline]
    pub(crate) fn nested_value<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
    ) -> Result<(), SerError> {
        let start = self.out.len();
        let result = self.nested(|writer| value.serialize(writer));
        if result.is_err() {
            self.record_failure(start);
        }
        result
    }

    /// Records that the value at `start` failed, and removes its partial output, which may be
    /// invalid JSON.
    #[cold]
    pub(crate) fn record_failure(&mut self, start: usize) {
        self.out.truncate(start);
        if self.failed.is_none() {
            self.failed = Some(self.path());
        }
    }

    /// The path of the value that begins at the end of the output.
    pub(crate) fn path(&self) -> String {
        scan::path_to_end(self.written())
    }

    /// Refuses the value that begins here.
    #[cold]
    pub(crate) fn refuse(&mut self, error: EncodeError) -> SerError {
        self.refuse_inside(error, "")
    }

    /// Refuses a value at a path inside the value that begins here.
    #[cold]
    pub(crate) fn refuse_inside(&mut self, error: EncodeError, path: &str) -> SerError {
        if self.refused.is_none() {
            let path = self.path() + path;
            self.refused = Some(EncodeFailure { error, path });
        }
        SerError::custom("the server would change this value")
    }

    /// Whether the next value is the whole of `data`.
    #[inline]
    pub(crate) fn is_at_top(&self) -> bool {
        self.keys == Keys::NotReserved && self.out.len() == self.start
    }

    /// Writes a key and its colon, and the brace or comma before it.
    #[inline]
    pub(crate) fn key(&mut self, is_first: bool, is_top: bool, key: &str) -> Result<(), SerError> {
        self.out
            .extend_from_slice(if is_first { b"{\"" } else { b",\"" });
        json::string_content(self.out, key);
        self.out.extend_from_slice(b"\":");
        if is_top && key == RESERVED_KEY {
            return Err(self.reserved_key());
        }
        Ok(())
    }

    /// The error for the reserved key, which was just written.
    #[cold]
    pub(crate) fn reserved_key(&mut self) -> SerError {
        self.refuse(EncodeError::Refused(Lossy::ReservedKey))
    }

    /// Begins the object of an enum variant.
    #[inline]
    pub(crate) fn variant(&mut self, variant: &'static str) -> Result<(), SerError> {
        let is_top = self.is_at_top();
        self.open()?;
        self.key(true, is_top, variant)
    }

    pub(crate) fn raw_json(&mut self, json: &str, is_top: bool) -> Result<(), SerError> {
        let levels = MAX_DEPTH.saturating_sub(self.levels);
        if let Some(LossyValue { lossy, path }) = scan::first_lossy_value(json, is_top, levels) {
            return Err(self.refuse_inside(EncodeError::Refused(lossy), &path));
        }
        self.out.extend_from_slice(json.as_bytes());
        Ok(())
    }

    pub(crate) fn display_string<T: fmt::Display + ?Sized>(
        &mut self,
        value: &T,
    ) -> Result<(), SerError> {
        self.out.push(b'"');
        write!(JsonStringContent(self.out), "{value}")
            .map_err(|_| SerError::custom("its `Display` failed"))?;
        self.out.push(b'"');
        Ok(())
    }

    /// The JSON written so far.
    pub(crate) fn written(&self) -> &str {
        let written = self.out.get(self.start..).unwrap_or_default();
        // The output is always UTF-8.
        str::from_utf8(written).unwrap_or_default()
    }

    /// Finds the error of a value that failed or may have duplicate keys; `Ok` if there is none.
    /// `result` is what the value's `Serialize` returned.
    #[cold]
    pub(crate) fn into_error(mut self, result: Result<(), SerError>) -> Result<(), EncodeFailure> {
        if let Some(refused) = self.refused.take() {
            return Err(refused);
        }
        let path = self.failed.take();
        let message = match (result, &path) {
            (Err(SerError(message)), _) => message.into(),
            (Ok(()), Some(_)) => {
                "its `Serialize` continued after an error of a nested value".to_owned()
            }
            (Ok(()), None) => {
                return match scan::first_duplicate_key(self.written()) {
                    Some(LossyValue { lossy, path }) => Err(EncodeFailure {
                        error: EncodeError::Refused(lossy),
                        path,
                    }),
                    None => Ok(()),
                };
            }
        };
        Err(EncodeFailure {
            error: EncodeError::Serialize(message),
            path: path.unwrap_or_default(),
        })
    }
}

/// Escapes what is written to it and appends it to a JSON string.
struct JsonStringContent<'a>(&'a mut Vec<u8>);

impl fmt::Write for JsonStringContent<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        json::string_content(self.0, text);
        Ok(())
    }
}

/// The error type of the serializer.
#[derive(Debug)]
pub(crate) struct SerError(Box<str>);

impl fmt::Display for SerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SerError {}

impl serde::ser::Error for SerError {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string().into())
    }
}
