//! Writes a whole event as JSON.

use std::ops::Range;

use crate::encode::json;
use crate::encode::member::{UserWriter, write_data};
use crate::error::{PayloadError, PayloadErrorKind};
use crate::event::Event;
use crate::event::EventInput;
use crate::event::id::IdWriter;
use crate::event::raw::RawParts;
use crate::event::session::SessionWriter;
use crate::event::timestamp::{MAX_MILLIS, MIN_MILLIS};

/// The members that an event has without overrides.
pub(crate) trait Members {
    /// Whether the event's type has an id template.
    const HAS_ID: bool = false;

    fn name(&self) -> &str;

    /// Writes the name as a JSON string.
    fn write_name(&self, out: &mut Vec<u8>) -> Result<(), PayloadError>;

    fn version(&self) -> Option<&str>;

    fn write_data(&self, out: &mut Vec<u8>) -> Result<(), PayloadError>;

    fn write_id(&self, _id: &mut IdWriter<'_>) {}

    fn write_user(&self, _user: &mut UserWriter<'_>) {}

    fn write_sessions(&self, _sessions: &mut SessionWriter<'_>) {}
}

impl<E: Event> Members for E {
    const HAS_ID: bool = E::ID_TEMPLATE.is_some();

    #[inline]
    fn name(&self) -> &str {
        E::NAME
    }

    #[inline]
    fn write_name(&self, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        // The compiler knows whether the name needs escapes.
        if const { json::is_plain(E::NAME) } {
            json::plain_string(out, E::NAME);
        } else {
            json::string(out, E::NAME);
        }
        Ok(())
    }

    #[inline]
    fn version(&self) -> Option<&str> {
        E::VERSION
    }

    #[inline]
    fn write_data(&self, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        write_data(E::NAME, out, self)
    }

    #[inline]
    fn write_id(&self, id: &mut IdWriter<'_>) {
        self.__write_id(id);
    }

    #[inline]
    fn write_user(&self, user: &mut UserWriter<'_>) {
        self.__write_user(user);
    }

    #[inline]
    fn write_sessions(&self, sessions: &mut SessionWriter<'_>) {
        self.__write_sessions(sessions);
    }
}

impl Members for RawParts {
    fn name(&self) -> &str {
        &self.name
    }

    fn write_name(&self, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        self.check()?;
        json::string(out, &self.name);
        Ok(())
    }

    fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    fn write_data(&self, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        out.extend_from_slice(self.data.as_ref().map_err(Clone::clone)?);
        Ok(())
    }
}

/// Writes an event as JSON with the members `name`, `id`, `ts`, `v`, `data`, `user` and `meta`, in
/// this order. Absent members are left out.
///
/// Returns the range of the id in `out`, without its quotes. On an error `out` ends with a partial
/// event, which the caller truncates.
pub(crate) fn write_event<E: Members>(
    out: &mut Vec<u8>,
    input: &EventInput<'_, E>,
) -> Result<Option<Range<usize>>, PayloadError> {
    let members = input.event;
    let error = |path: &str, kind| PayloadError::new(members.name(), path, kind);

    out.extend_from_slice(b"{\"name\":");
    members.write_name(out)?;

    let mut id = None;
    if let Some(text) = input.id_override() {
        if text.is_empty() {
            return Err(error("id", PayloadErrorKind::EmptyId));
        }
        out.extend_from_slice(b",\"id\":\"");
        let start = out.len();
        json::string_content(out, text);
        id = Some(start..out.len());
        out.push(b'"');
    } else if E::HAS_ID {
        out.extend_from_slice(b",\"id\":\"");
        let start = out.len();
        let mut writer = IdWriter::json(out);
        members.write_id(&mut writer);
        writer.finish(members.name())?;
        id = Some(start..out.len());
        out.push(b'"');
    }

    let millis = input.millis;
    if !(MIN_MILLIS..=MAX_MILLIS).contains(&millis) {
        return Err(error(
            "ts",
            PayloadErrorKind::TimestampOutOfRange { millis },
        ));
    }
    out.extend_from_slice(b",\"ts\":");
    json::integer(out, millis.into());

    if let Some(version) = members.version() {
        out.extend_from_slice(b",\"v\":");
        json::string(out, version);
    }

    out.extend_from_slice(b",\"data\":");
    members.write_data(out)?;

    match input.user_override() {
        None => {
            let mut user = UserWriter::new(members.name(), out);
            members.write_user(&mut user);
            user.finish()?;
        }
        Some(Ok(json)) => out.extend_from_slice(json),
        Some(Err(error)) => return Err(error.clone()),
    }

    let mut sessions = SessionWriter::new(members.name(), out, input.session_overrides());
    members.write_sessions(&mut sessions);
    sessions.finish()?;

    out.push(b'}');
    Ok(id)
}
