//! Parses the events of a request by the real server's rules (measured).

use super::json::{self, Scanned, SyntaxError};
use super::sessions::{self, Sessions};
use super::value::Object;
use inngest_grammar::limits::{MAX_EVENT_BYTES, MAX_MILLIS, MAX_REQUEST_EVENTS, MIN_MILLIS};

/// The maximum nesting depth of a stored event. One level more gets an id but is never stored
/// (measured).
const MAX_KEPT_LEVELS: usize = json::MAX_OPEN - 1;

/// An event as the server parses it.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) ts: Option<i64>,
    pub(super) v: Option<String>,
    pub(super) data: Option<Object>,
    pub(super) user: Option<Object>,
    pub(super) sessions: Sessions,
    /// Whether the event is so deep that the server never stores it.
    pub(super) too_deep_to_store: bool,
}

/// The parsed events of a request. Events before an error are accepted.
#[derive(Debug, Default)]
pub(super) struct ParsedRequest {
    pub(super) accepted: Vec<Incoming>,
    pub(super) error: Option<BodyError>,
    /// The text of the event with the error.
    pub(super) refused: Option<String>,
}

/// How many bytes of a refused event are kept.
const MAX_REFUSED_BYTES: usize = 16 << 10;

/// The beginning of a refused event or body.
pub(super) fn beginning(text: &[u8]) -> String {
    String::from_utf8_lossy(text.get(..MAX_REFUSED_BYTES).unwrap_or(text)).into_owned()
}

/// Why parsing stopped early.
#[derive(Debug, PartialEq)]
pub(super) struct BodyError {
    pub(super) message: String,
    /// How many accepted events the response lists. The server does not always list all of them.
    pub(super) listed: usize,
}

/// Parses the body of a request with the given `Content-Type`.
pub(super) fn read(content_type: Option<&str>, body: &[u8]) -> ParsedRequest {
    let mut parsed = ParsedRequest::default();
    let media_type = content_type.and_then(|value| value.split(';').next());
    if media_type.is_some_and(|t| t.trim().eq_ignore_ascii_case("multipart/form-data")) {
        // The server turns form fields into arrays, and an array cannot be a name.
        parsed.fail("json: cannot unmarshal array into Go struct field raw.name of type string");
        return parsed;
    }
    let start = json::skip_space(body, 0);
    let text = body.get(start..).unwrap_or_default();
    match text.first() {
        None => {}
        Some(b'{') => parsed.read_single(text),
        Some(b'[') => parsed.read_array(text),
        Some(_) => {
            parsed.fail("Request body must contain an event object or an array of event objects");
        }
    }
    parsed
}

impl ParsedRequest {
    /// Parses a body that is one event.
    fn read_single(&mut self, text: &[u8]) {
        if let Err(error) = check_size(text) {
            return self.fail(error);
        }
        match json::scan_value(text, 0) {
            Err(SyntaxError::UnexpectedEnd) => self.fail("unexpected end of JSON input"),
            Err(SyntaxError::Invalid(error)) => self.fail(error),
            Ok(Scanned { end, levels }) => match text.get(json::skip_space(text, end)) {
                Some(other) => self.fail(json::invalid(*other, "after top-level value")),
                None => self.accept_or_refuse(text.get(..end).unwrap_or_default(), levels),
            },
        }
    }

    fn read_array(&mut self, text: &[u8]) {
        let mut at = 1;
        while self.error.is_none() {
            at = json::skip_space(text, at);
            // Go's decoder reports no further element at the end of input and at either closing
            // bracket. The server ignores the rest of the body.
            let Some(next) = text.get(at).filter(|byte| !matches!(byte, b']' | b'}')) else {
                return;
            };
            if self.accepted.len() == MAX_REQUEST_EVENTS {
                let error = format!("Cannot have more than {MAX_REQUEST_EVENTS} events in a batch");
                return self.fail_between_events(error);
            }
            if !self.accepted.is_empty() {
                if *next != b',' {
                    return self.fail_between_events("expected comma after array element");
                }
                at += 1;
            }
            let start = json::skip_space(text, at);
            match json::scan_value(text, start) {
                Err(SyntaxError::UnexpectedEnd) if start == text.len() => {
                    return self.fail_between_events("EOF");
                }
                Err(SyntaxError::UnexpectedEnd) => {
                    return self.fail_between_events("unexpected EOF");
                }
                Err(SyntaxError::Invalid(error)) => return self.fail_between_events(error),
                Ok(Scanned { end, levels }) => {
                    let event = text.get(start..end).unwrap_or_default();
                    match check_size(event) {
                        Ok(()) => self.accept_or_refuse(event, levels),
                        Err(error) => self.refuse(event, error),
                    }
                    at = end;
                }
            }
        }
    }

    fn accept_or_refuse(&mut self, event: &[u8], levels: usize) {
        match read_event(event) {
            Ok(mut event) => {
                event.too_deep_to_store = levels > MAX_KEPT_LEVELS;
                self.accepted.push(event);
            }
            Err(error) => self.refuse(event, error),
        }
    }

    fn refuse(&mut self, event: &[u8], error: String) {
        self.refused = Some(beginning(event));
        self.fail(error);
    }

    /// Stops at an error inside an event. The response lists all events before it.
    fn fail(&mut self, error: impl Into<String>) {
        self.error = Some(BodyError {
            message: error.into(),
            listed: self.accepted.len(),
        });
    }

    /// Stops at a syntax error between events. The server finds it while the last event is still in
    /// flight, so the response does not list that event.
    fn fail_between_events(&mut self, error: impl Into<String>) {
        self.error = Some(BodyError {
            message: error.into(),
            listed: self.accepted.len().saturating_sub(1),
        });
    }
}

fn check_size(event: &[u8]) -> Result<(), String> {
    if event.len() > MAX_EVENT_BYTES {
        return Err(format!(
            "Event is over the max size: Max {MAX_EVENT_BYTES} bytes / Size {} bytes",
            event.len()
        ));
    }
    Ok(())
}

/// Parses and validates one event.
fn read_event(text: &[u8]) -> Result<Incoming, String> {
    let Some(members) = json::members(text) else {
        if text == b"null" {
            return Err("event name is empty".into());
        }
        return Err(format!(
            "json: cannot unmarshal {} into Go value of type event.raw",
            json::kind(text)
        ));
    };
    let mut event = Incoming::default();
    let mut meta = sessions::Meta::default();
    for (key, value) in members {
        // As in Go, a later `null` keeps strings and numbers but clears objects.
        match json::fold_key(&key).as_str() {
            "name" => set_text(&mut event.name, value, "name")?,
            "id" => set_text(event.id.get_or_insert_default(), value, "id")?,
            "v" => set_text(event.v.get_or_insert_default(), value, "v")?,
            "ts" if value == b"null" => {}
            "ts" => event.ts = Some(integer(value)?),
            "data" => set_object(&mut event.data, value, "data")?,
            "user" => set_object(&mut event.user, value, "user")?,
            "meta" => meta = sessions::read(value)?,
            _ => {}
        }
    }
    check_name(&event.name)?;
    event.ts = event.ts.filter(|ts| *ts != 0);
    event.ts.map_or(Ok(()), check_time)?;
    event.sessions = meta.resolve()?;
    event.id = event.id.filter(|id| !id.is_empty());
    event.v = event.v.filter(|v| !v.is_empty());
    event.user = event.user.filter(|user| !user.is_empty());
    if let Some(data) = &mut event.data {
        data.remove(crate::encode::json::RESERVED_KEY);
    }
    Ok(event)
}

fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("event name is empty".into());
    }
    // Go lowercases the dotted capital I to a plain i; Rust adds a combining dot.
    let lower = name.replace('İ', "i").to_lowercase();
    if lower.starts_with("inngest/") {
        return Err(format!("event name is reserved for internal use: {name}"));
    }
    Ok(())
}

/// Checks an event's time. The server converts it to nanoseconds in 64 bits and lets them wrap, so
/// 2·10¹³ ms passes as a time in 2019 (measured).
fn check_time(millis: i64) -> Result<(), String> {
    const NANOS: i64 = 1_000_000;
    let nanos = millis.wrapping_mul(NANOS);
    if nanos < MIN_MILLIS * NANOS {
        return Err("timestamp is before Jan 1, 1980".into());
    }
    if nanos > MAX_MILLIS * NANOS {
        return Err("timestamp is after Jan 1, 2100".into());
    }
    Ok(())
}

fn set_text(field: &mut String, value: &[u8], name: &str) -> Result<(), String> {
    match value.first() {
        Some(b'n') => Ok(()),
        Some(b'"') => {
            *field = json::unquote(value);
            Ok(())
        }
        _ => Err(unmarshal_error(json::kind(value), name, "string")),
    }
}

fn integer(value: &[u8]) -> Result<i64, String> {
    let kind = json::kind(value);
    let text = String::from_utf8_lossy(value);
    match text.parse() {
        Ok(integer) if kind == "number" => Ok(integer),
        _ if kind == "number" => Err(unmarshal_error(&format!("number {text}"), "ts", "int64")),
        _ => Err(unmarshal_error(kind, "ts", "int64")),
    }
}

/// Sets an object field. Go merges repeated objects.
fn set_object(field: &mut Option<Object>, value: &[u8], name: &str) -> Result<(), String> {
    match value.first() {
        Some(b'n') => *field = None,
        Some(b'{') => {
            let (object, too_large) = Object::read(value);
            if let Some(number) = too_large {
                return Err(unmarshal_error(
                    &format!("number {number}"),
                    name,
                    "float64",
                ));
            }
            field.get_or_insert_default().merge(object);
        }
        _ => {
            return Err(unmarshal_error(
                json::kind(value),
                name,
                "map[string]interface {}",
            ));
        }
    }
    Ok(())
}

fn unmarshal_error(what: &str, field: &str, type_: &str) -> String {
    format!("json: cannot unmarshal {what} into Go struct field raw.{field} of type {type_}")
}

#[cfg(test)]
mod tests;
