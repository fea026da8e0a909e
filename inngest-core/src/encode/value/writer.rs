//! The state of a value that is being written, and what can be wrong with it.

use std::fmt::{self, Write as _};

use serde::ser::{Error as _, Serialize};

use crate::encode::json::{self, Lossy, RESERVED_KEY};
use crate::encode::scan::{self, Refused};
use inngest_grammar::limits::MAX_DEPTH;

/// Why a value was not written.
#[derive(Debug)]
pub(crate) enum EncodeError {
    /// Something that the server would change.
    Refused(Lossy),
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
    pub(crate) fault: EncodeError,
    pub(crate) path: String,
}

/// Writes one value and all values in it.
pub(crate) struct ValueWriter<'a> {
    pub(crate) out: &'a mut Vec<u8>,
    /// Where the whole value begins.
    pub(crate) start: usize,
    pub(crate) keys: Keys,
    /// The first value that is refused.
    pub(crate) refused: Option<Failure>,
    /// The path to the first value that failed: the innermost, as it is the first to end.
    pub(crate) failed: Option<String>,
    pub(crate) may_repeat_keys: bool,
    /// How many arrays and objects are open, with the event that they are in.
    pub(crate) levels: usize,
    /// How many calls are open that write a value in place of another: of an `Option` or a newtype.
    pub(crate) steps: usize,
}

impl ValueWriter<'_> {
    /// Writes a value that is part of another.
    #[inline]
    pub(crate) fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerError> {
        let start = self.out.len();
        let result = self.nested(|writer| value.serialize(writer));
        if result.is_err() {
            self.failed(start);
        }
        result
    }

    /// The value that begins here failed. What was written of it may be no JSON.
    #[cold]
    pub(crate) fn failed(&mut self, start: usize) {
        self.out.truncate(start);
        if self.failed.is_none() {
            self.failed = Some(self.path());
        }
    }

    /// The path to the value that begins here.
    pub(crate) fn path(&self) -> String {
        scan::path_to_end(self.written())
    }

    /// Refuses the value that begins here.
    #[cold]
    pub(crate) fn refuse(&mut self, fault: EncodeError) -> SerError {
        self.refuse_inside(fault, "")
    }

    /// Refuses what stands at a path inside the value that begins here.
    #[cold]
    pub(crate) fn refuse_inside(&mut self, fault: EncodeError, path: &str) -> SerError {
        if self.refused.is_none() {
            let path = self.path() + path;
            self.refused = Some(Failure { fault, path });
        }
        SerError::custom("the server would change this value")
    }

    /// Whether what comes next is all of the value, and its keys are those of `data`.
    #[inline]
    pub(crate) fn is_at_top(&self) -> bool {
        self.keys == Keys::NotReserved && self.out.len() == self.start
    }

    /// Begins an object or goes on with it, up to where the value of this key begins.
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

    /// The key that was written last is the reserved one.
    #[cold]
    pub(crate) fn reserved_key(&mut self) -> SerError {
        self.refuse(EncodeError::Refused(Lossy::ReservedKey))
    }

    /// Begins the object of an enum's variant.
    #[inline]
    pub(crate) fn variant(&mut self, variant: &'static str) -> Result<(), SerError> {
        let is_top = self.is_at_top();
        self.open()?;
        self.key(true, is_top, variant)
    }

    pub(crate) fn fragment(&mut self, json: &str, is_top: bool) -> Result<(), SerError> {
        let levels = MAX_DEPTH.saturating_sub(self.levels);
        if let Some(Refused { unlike, inside }) = scan::of_user(json, is_top, levels) {
            return Err(self.refuse_inside(EncodeError::Refused(unlike), &inside));
        }
        self.out.extend_from_slice(json.as_bytes());
        Ok(())
    }

    pub(crate) fn shown<T: fmt::Display + ?Sized>(&mut self, value: &T) -> Result<(), SerError> {
        self.out.push(b'"');
        write!(Escaped(self.out), "{value}")
            .map_err(|_| SerError::custom("its `Display` failed"))?;
        self.out.push(b'"');
        Ok(())
    }

    /// What is written of the whole value.
    pub(crate) fn written(&self) -> &str {
        let written = self.out.get(self.start..).unwrap_or_default();
        // All of it is text.
        str::from_utf8(written).unwrap_or_default()
    }

    /// What is wrong, if it is; all is written as far as it came.
    #[cold]
    pub(crate) fn look_again(mut self, result: Result<(), SerError>) -> Result<(), Failure> {
        if let Some(refused) = self.refused.take() {
            return Err(refused);
        }
        let path = self.failed.take();
        let message = match (result, &path) {
            (Err(SerError(message)), _) => message.into(),
            (Ok(()), Some(_)) => "it went on after an error of a value in it".to_owned(),
            (Ok(()), None) => {
                return match scan::twice(self.written()) {
                    Some(Refused { unlike, inside }) => Err(Failure {
                        fault: EncodeError::Refused(unlike),
                        path: inside,
                    }),
                    None => Ok(()),
                };
            }
        };
        Err(Failure {
            fault: EncodeError::Serialize(message),
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
