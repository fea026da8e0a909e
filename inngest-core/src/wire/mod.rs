//! The wire form: one pass from an event to the bytes that the server reads.
//!
//! | module | what it does |
//! |---|---|
//! | this one | the members of an event and their order |
//! | `value` | values, with the checks that need no second pass |
//! | `json` | texts and numbers |
//! | `scan` | JSON that is text already |

pub(crate) mod json;
mod scan;
mod value;

use serde::Serialize;

use self::json::Unlike;
use self::value::{Failure, Fault, Keys};
use crate::error::{PayloadError, PayloadErrorKind};
use crate::event::Event;
use crate::id::IdWriter;
use crate::payload::ToWrite;
use crate::session::SessionWriter;
use crate::timestamp::{MAX_MILLIS, MIN_MILLIS};

/// Writes an event as JSON: `name`, `id`, `ts`, `v`, `data`, `user`, `meta`, absent members absent.
///
/// Returns where in `out` the id stands, without its quotes. On an error `out` holds a part of the
/// event, which the caller takes off.
pub(crate) fn write_event<E: Event>(
    out: &mut Vec<u8>,
    written: &ToWrite<'_, E>,
) -> Result<Option<std::ops::Range<usize>>, PayloadError> {
    let error = |path: &str, kind| PayloadError::new(E::NAME, path, kind);

    out.extend_from_slice(b"{\"name\":");
    // Whether it needs escapes is known when this is compiled.
    if const { json::is_plain(E::NAME) } {
        json::plain_string(out, E::NAME);
    } else {
        json::string(out, E::NAME);
    }

    let mut id = None;
    if let Some(text) = written.id_override() {
        if text.is_empty() {
            return Err(error("id", PayloadErrorKind::EmptyId));
        }
        out.extend_from_slice(b",\"id\":\"");
        let start = out.len();
        json::string_content(out, text);
        id = Some(start..out.len());
        out.push(b'"');
    } else if E::ID_TEMPLATE.is_some() {
        out.extend_from_slice(b",\"id\":\"");
        let start = out.len();
        let mut writer = IdWriter::json(out);
        written.event.__write_id(&mut writer);
        writer.finish(E::NAME)?;
        id = Some(start..out.len());
        out.push(b'"');
    }

    let millis = written.millis;
    if !(MIN_MILLIS..=MAX_MILLIS).contains(&millis) {
        return Err(error(
            "ts",
            PayloadErrorKind::TimestampOutOfRange { millis },
        ));
    }
    out.extend_from_slice(b",\"ts\":");
    json::integer(out, millis.into());

    if let Some(version) = E::VERSION {
        out.extend_from_slice(b",\"v\":");
        json::string(out, version);
    }

    out.extend_from_slice(b",\"data\":");
    let start = out.len();
    write_value(E::NAME, out, "data", written.event, Keys::NotReserved)?;
    if out.get(start) != Some(&b'{') {
        return Err(error("data", PayloadErrorKind::DataNotAnObject));
    }

    match written.user_override() {
        None => {
            let mut user = UserWriter::new(E::NAME, out);
            written.event.__write_user(&mut user);
            user.finish()?;
        }
        Some(Ok(json)) => out.extend_from_slice(json),
        Some(Err(error)) => return Err(error.clone()),
    }

    let mut sessions = SessionWriter::new(E::NAME, out, written.session_overrides());
    written.event.__write_sessions(&mut sessions);
    sessions.finish()?;

    out.push(b'}');
    Ok(id)
}

/// Writes a value, and says where in it the first thing stands that the server would change.
fn write_value<T: Serialize + ?Sized>(
    event: &'static str,
    out: &mut Vec<u8>,
    root: &str,
    value: &T,
    keys: Keys,
) -> Result<(), PayloadError> {
    value::write(out, value, keys).map_err(|Failure { fault, path }| {
        let kind = match fault {
            Fault::Refused(Unlike::Integer(value)) => PayloadErrorKind::IntegerOutOfRange { value },
            Fault::Refused(Unlike::Number(value)) => PayloadErrorKind::InexactNumber { value },
            Fault::Refused(Unlike::ReservedKey) => PayloadErrorKind::ReservedKey,
            Fault::Refused(Unlike::KeyTwice) => PayloadErrorKind::KeyTwice,
            Fault::Refused(Unlike::Surrogate) => PayloadErrorKind::UnpairedSurrogate,
            Fault::NotFinite => PayloadErrorKind::NotFinite,
            Fault::Serialize(message) => PayloadErrorKind::Serialize { message },
        };
        PayloadError::new(event, format!("{root}{path}"), kind)
    })
}

/// Writes the value of a field of an event's data.
#[cfg(feature = "client")]
pub(crate) fn write_field<T: Serialize + ?Sized>(
    event: &'static str,
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
    write_value(event, out, &path, value, Keys::Any)
}

/// Writes `,"user":{…}`, or nothing when the value is `null`.
pub(crate) fn write_user<T: Serialize + ?Sized>(
    event: &'static str,
    out: &mut Vec<u8>,
    user: &T,
) -> Result<(), PayloadError> {
    let before = out.len();
    out.extend_from_slice(b",\"user\":");
    let start = out.len();
    write_value(event, out, "user", user, Keys::Any)?;
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

/// Takes the value of an event's user field.
#[derive(Debug)]
#[doc(hidden)]
pub struct UserWriter<'a> {
    event: &'static str,
    out: &'a mut Vec<u8>,
    result: Result<(), PayloadError>,
}

impl<'a> UserWriter<'a> {
    fn new(event: &'static str, out: &'a mut Vec<u8>) -> Self {
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

    fn finish(self) -> Result<(), PayloadError> {
        self.result
    }
}
