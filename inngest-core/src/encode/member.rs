//! Writes the members of an event whose values come from the user.

use serde::Serialize;

#[cfg(feature = "client")]
use crate::encode::json;
use crate::encode::json::Lossy;
use crate::encode::value;
use crate::encode::value::writer::{EncodeError, EncodeFailure, Keys};
use crate::error::{PayloadError, PayloadErrorKind};
use inngest_grammar::limits::MAX_DEPTH;

/// Writes a value that is nested `levels` deep in the event. The error has the path of the first value
/// that cannot be sent unchanged.
pub(crate) fn write_value<T: Serialize + ?Sized>(
    event: &str,
    out: &mut Vec<u8>,
    root: &str,
    levels: usize,
    value: &T,
    keys: Keys,
) -> Result<(), PayloadError> {
    value::write(out, value, keys, levels).map_err(|EncodeFailure { error, path }| {
        let kind = match error {
            EncodeError::Refused(Lossy::Integer(value)) => {
                PayloadErrorKind::IntegerOutOfRange { value }
            }
            EncodeError::Refused(Lossy::Number(value)) => PayloadErrorKind::InexactNumber { value },
            EncodeError::Refused(Lossy::ReservedKey) => PayloadErrorKind::ReservedKey,
            EncodeError::Refused(Lossy::DuplicateKey) => PayloadErrorKind::KeyTwice,
            EncodeError::Refused(Lossy::Surrogate) => PayloadErrorKind::UnpairedSurrogate,
            EncodeError::Refused(Lossy::TooDeep) => PayloadErrorKind::TooDeep { limit: MAX_DEPTH },
            EncodeError::NotFinite => PayloadErrorKind::NotFinite,
            EncodeError::Serialize(message) => PayloadErrorKind::Serialize { message },
        };
        PayloadError::new(event, format!("{root}{path}"), kind)
    })
}

/// Writes the value of `data`, which must be an object.
pub(crate) fn write_data<T: Serialize + ?Sized>(
    event: &str,
    out: &mut Vec<u8>,
    data: &T,
) -> Result<(), PayloadError> {
    let start = out.len();
    write_value(event, out, "data", 1, data, Keys::NotReserved)?;
    if out.get(start) == Some(&b'{') {
        return Ok(());
    }
    let kind = PayloadErrorKind::DataNotAnObject;
    Err(PayloadError::new(event, "data", kind))
}

/// Writes the value of one field of `data`.
#[cfg(feature = "client")]
pub(crate) fn write_field<T: Serialize + ?Sized>(
    event: &str,
    out: &mut Vec<u8>,
    name: &str,
    value: &T,
) -> Result<(), PayloadError> {
    let path = format!("data.{name}");
    if name == json::RESERVED_KEY {
        return Err(PayloadError::new(
            event,
            path,
            PayloadErrorKind::ReservedKey,
        ));
    }
    write_value(event, out, &path, 2, value, Keys::Any)
}

/// Writes `,"user":{…}`, or nothing when the value is `null`.
pub(crate) fn write_user<T: Serialize + ?Sized>(
    event: &str,
    out: &mut Vec<u8>,
    user: &T,
) -> Result<(), PayloadError> {
    let before = out.len();
    out.extend_from_slice(b",\"user\":");
    let start = out.len();
    write_value(event, out, "user", 1, user, Keys::Any)?;
    match out.get(start..) {
        Some([b'{', ..]) => Ok(()),
        Some(b"null") => {
            out.truncate(before);
            Ok(())
        }
        _ => Err(PayloadError::new(
            event,
            "user",
            PayloadErrorKind::UserNotAnObject,
        )),
    }
}

/// Writes the value of an event's `#[event(user)]` field.
#[derive(Debug)]
#[doc(hidden)]
pub struct UserWriter<'a> {
    event: &'a str,
    out: &'a mut Vec<u8>,
    result: Result<(), PayloadError>,
}

impl<'a> UserWriter<'a> {
    #[inline]
    pub(crate) fn new(event: &'a str, out: &'a mut Vec<u8>) -> Self {
        Self {
            event,
            out,
            result: Ok(()),
        }
    }

    /// Writes the value.
    pub fn write<T: Serialize + ?Sized>(&mut self, user: &T) {
        self.result = write_user(self.event, self.out, user);
    }

    /// Returns the error of the value. Takes a reference, because passing the writer by value would
    /// copy it.
    pub(crate) fn finish(&mut self) -> Result<(), PayloadError> {
        std::mem::replace(&mut self.result, Ok(()))
    }
}
