//! Writes a whole event as JSON.

use crate::encode::json;
use crate::encode::member::{UserWriter, write_value};
use crate::encode::value::writer::Keys;
use crate::error::{PayloadError, PayloadErrorKind};
use crate::event::Event;
use crate::event::id::IdWriter;
use crate::event::payload::EventInput;
use crate::event::session::SessionWriter;
use crate::event::timestamp::{MAX_MILLIS, MIN_MILLIS};

/// Writes an event as JSON with the members `name`, `id`, `ts`, `v`, `data`, `user` and `meta`, in
/// this order. Absent members are left out.
///
/// Returns the range of the id in `out`, without its quotes. On an error `out` ends with a partial
/// event, which the caller truncates.
pub(crate) fn write_event<E: Event>(
    out: &mut Vec<u8>,
    written: &EventInput<'_, E>,
) -> Result<Option<std::ops::Range<usize>>, PayloadError> {
    let error = |path: &str, kind| PayloadError::new(E::NAME, path, kind);

    out.extend_from_slice(b"{\"name\":");
    // The compiler knows whether the name needs escapes.
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
    write_value(E::NAME, out, "data", 1, written.event, Keys::NotReserved)?;
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
