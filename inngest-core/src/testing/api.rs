//! Which events a request brings, by the rules of the real server (measured).

use super::json::{self, Extent, Unreadable};
use super::sessions::{self, Sessions};
use super::value::Object;
use crate::timestamp::{MAX_MILLIS, MIN_MILLIS};

/// The most events of a request.
const MAX_EVENTS: usize = 5_000;

/// The largest event.
const MAX_EVENT_BYTES: usize = 3 << 20;

/// How deep an event may be nested that is kept: one level more gets an id and vanishes (measured).
const MAX_KEPT_LEVELS: usize = json::MAX_OPEN - 1;

/// An event as the server reads it.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) ts: Option<i64>,
    pub(super) v: Option<String>,
    pub(super) data: Option<Object>,
    pub(super) user: Option<Object>,
    pub(super) sessions: Sessions,
    /// Whether it is nested too deep to be kept.
    pub(super) vanishes: bool,
}

/// What a request brings: events are taken one by one, so those before a mistake count.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) taken: Vec<Incoming>,
    pub(super) mistake: Option<Mistake>,
}

/// Why reading ended before the end.
#[derive(Debug, PartialEq)]
pub(super) struct Mistake {
    pub(super) error: String,
    /// How many of the events taken the answer names; the server does not always name all.
    pub(super) named: usize,
}

/// The events of a request with this `Content-Type`.
pub(super) fn read(content_type: Option<&str>, body: &[u8]) -> Reading {
    let mut reading = Reading::default();
    let media_type = content_type.and_then(|value| value.split(';').next());
    if media_type.is_some_and(|t| t.trim().eq_ignore_ascii_case("multipart/form-data")) {
        // The server makes lists of the parts, and no list is a name.
        reading.stop("json: cannot unmarshal array into Go struct field raw.name of type string");
        return reading;
    }
    let start = json::skip_space(body, 0);
    let text = body.get(start..).unwrap_or_default();
    match text.first() {
        None => {}
        Some(b'{') => reading.take_only(text),
        Some(b'[') => reading.take_array(text),
        Some(_) => {
            reading.stop("Request body must contain an event object or an array of event objects");
        }
    }
    reading
}

impl Reading {
    /// The event that is all of a body.
    fn take_only(&mut self, text: &[u8]) {
        if let Err(error) = check_size(text) {
            return self.stop(error);
        }
        match json::extent(text, 0) {
            Err(Unreadable::End) => self.stop("unexpected end of JSON input"),
            Err(Unreadable::Wrong(error)) => self.stop(error),
            Ok(Extent { end, levels }) => match text.get(json::skip_space(text, end)) {
                Some(other) => self.stop(json::invalid(*other, "after top-level value")),
                None => self.take(text.get(..end).unwrap_or_default(), levels),
            },
        }
    }

    fn take_array(&mut self, text: &[u8]) {
        let mut at = 1;
        while self.mistake.is_none() {
            at = json::skip_space(text, at);
            // Where the text ends after an event, or a brace stands, the array is taken to be whole.
            // What follows it is not looked at.
            let Some(next) = text.get(at).filter(|byte| !matches!(byte, b']' | b'}')) else {
                return;
            };
            if self.taken.len() == MAX_EVENTS {
                let error = format!("Cannot have more than {MAX_EVENTS} events in a batch");
                return self.give_up(error);
            }
            if !self.taken.is_empty() {
                if *next != b',' {
                    return self.give_up("expected comma after array element");
                }
                at += 1;
            }
            let start = json::skip_space(text, at);
            match json::extent(text, start) {
                Err(Unreadable::End) if start == text.len() => return self.give_up("EOF"),
                Err(Unreadable::End) => return self.give_up("unexpected EOF"),
                Err(Unreadable::Wrong(error)) => return self.give_up(error),
                Ok(Extent { end, levels }) => {
                    let event = text.get(start..end).unwrap_or_default();
                    match check_size(event) {
                        Ok(()) => self.take(event, levels),
                        Err(error) => self.stop(error),
                    }
                    at = end;
                }
            }
        }
    }

    fn take(&mut self, event: &[u8], levels: usize) {
        match read_event(event) {
            Ok(mut event) => {
                event.vanishes = levels > MAX_KEPT_LEVELS;
                self.taken.push(event);
            }
            Err(error) => self.stop(error),
        }
    }

    /// A mistake in an event, which is found after those before it are answered for.
    fn stop(&mut self, error: impl Into<String>) {
        self.mistake = Some(Mistake {
            error: error.into(),
            named: self.taken.len(),
        });
    }

    /// A mistake in what stands between events. It is found while the last event is still on its way
    /// through the server, so that the answer does not name it.
    fn give_up(&mut self, error: impl Into<String>) {
        self.mistake = Some(Mistake {
            error: error.into(),
            named: self.taken.len().saturating_sub(1),
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

/// Reads the text of one JSON value.
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
        // A later `null` leaves texts and numbers as they are, and clears objects.
        match json::folded(&key).as_str() {
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
        data.remove(crate::wire::json::RESERVED_KEY);
    }
    Ok(event)
}

fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("event name is empty".into());
    }
    // In lower case as Go has it, where the dotted capital I is an i.
    let lower = name.replace('İ', "i").to_lowercase();
    if lower.starts_with("inngest/") {
        return Err(format!("event name is reserved for internal use: {name}"));
    }
    Ok(())
}

/// The server looks at nanoseconds in 64 bits, which wrap: 2·10¹³ ms is a time in 2019 to it
/// (measured).
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
            *field = json::unquoted(value);
            Ok(())
        }
        _ => Err(unfit(json::kind(value), name, "string")),
    }
}

fn integer(value: &[u8]) -> Result<i64, String> {
    let kind = json::kind(value);
    let text = String::from_utf8_lossy(value);
    match text.parse() {
        Ok(integer) if kind == "number" => Ok(integer),
        _ if kind == "number" => Err(unfit(&format!("number {text}"), "ts", "int64")),
        _ => Err(unfit(kind, "ts", "int64")),
    }
}

/// An object that is given twice is put together.
fn set_object(field: &mut Option<Object>, value: &[u8], name: &str) -> Result<(), String> {
    match value.first() {
        Some(b'n') => *field = None,
        Some(b'{') => {
            let (object, too_large) = Object::read(value);
            if let Some(number) = too_large {
                return Err(unfit(&format!("number {number}"), name, "float64"));
            }
            field.get_or_insert_default().merge(object);
        }
        _ => return Err(unfit(json::kind(value), name, "map[string]interface {}")),
    }
    Ok(())
}

fn unfit(what: &str, field: &str, type_: &str) -> String {
    format!("json: cannot unmarshal {what} into Go struct field raw.{field} of type {type_}")
}

#[cfg(test)]
mod tests;
