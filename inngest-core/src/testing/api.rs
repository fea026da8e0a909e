//! Which events a request brings, by the rules of the real server (measured).

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

use crate::event::timestamp::{MAX_MILLIS, MIN_MILLIS};

/// The most events of a request.
const MAX_EVENTS: usize = 5_000;

/// The largest event.
const MAX_EVENT_BYTES: usize = 3 << 20;

/// How deep an event may be nested. On the real server 500 levels pass and 20,000 do not (measured),
/// the limit between them is not known. More than this would need more stack than a test has.
const MAX_DEPTH: usize = 600;

/// An event as the server reads it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Incoming {
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) ts: Option<i64>,
    pub(super) v: Option<String>,
    pub(super) data: Map<String, Value>,
    pub(super) user: Option<Map<String, Value>>,
    pub(super) sessions: Map<String, Value>,
}

/// What a request brings: events are taken one by one, so those before a mistake count.
#[derive(Debug, Default, PartialEq)]
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

pub(super) fn read(body: &[u8]) -> Reading {
    let text = String::from_utf8_lossy(body);
    let text = mended(&text);
    let text = text.trim_start_matches(JSON_SPACE);
    let mut reading = Reading::default();
    match text.chars().next() {
        None => {}
        Some('{') => match serde_json::from_str::<&RawValue>(text) {
            Ok(event) => reading.take(event),
            Err(error) => reading.stop(error.to_string()),
        },
        Some('[') => read_array(text, &mut reading),
        Some(_) => reading
            .stop("Request body must contain an event object or an array of event objects".into()),
    }
    reading
}

const JSON_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

fn read_array(text: &str, reading: &mut Reading) {
    let mut rest = text.strip_prefix('[').unwrap_or(text);
    loop {
        rest = rest.trim_start_matches(JSON_SPACE);
        if rest.starts_with(']') && reading.taken.is_empty() {
            // What follows the array is not looked at.
            return;
        }
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        match values.next() {
            None => return reading.cut_off(),
            Some(Err(error)) if error.is_eof() => return reading.cut_off(),
            Some(Err(error)) => return reading.stop(error.to_string()),
            Some(Ok(_)) if reading.taken.len() == MAX_EVENTS => {
                reading.mistake = Some(Mistake {
                    error: format!("Cannot have more than {MAX_EVENTS} events in a batch"),
                    named: MAX_EVENTS - 1,
                });
                return;
            }
            Some(Ok(event)) => reading.take(event),
        }
        if reading.mistake.is_some() {
            return;
        }
        let end = values.byte_offset();
        rest = rest
            .get(end..)
            .unwrap_or_default()
            .trim_start_matches(JSON_SPACE);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.starts_with(']') => return,
            None if rest.is_empty() => return reading.cut_off(),
            None => return reading.stop("invalid character after array element".into()),
        }
    }
}

impl Reading {
    fn take(&mut self, event: &RawValue) {
        match read_event(event.get()) {
            Ok(event) => self.taken.push(event),
            Err(error) => self.stop(error),
        }
    }

    fn stop(&mut self, error: String) {
        let named = self.taken.len();
        self.mistake = Some(Mistake { error, named });
    }

    /// The array ends before its `]`; the answer then names none of the events taken.
    fn cut_off(&mut self) {
        self.mistake = Some(Mistake {
            error: "unexpected EOF".into(),
            named: 0,
        });
    }
}

/// The members of an object in the order in which they stand: of keys that differ in case, the last
/// one counts.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// The text with every `\uD800` to `\uDFFF` that is no half of a pair replaced by `\uFFFD`, as the
/// server's JSON reader does.
fn mended(text: &str) -> Cow<'_, str> {
    let mut mended = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        match (escaped_unit(text, at), escaped_unit(text, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at += 12,
            (Some(0xd800..=0xdfff), _) => {
                mended.push_str(text.get(copied..at).unwrap_or_default());
                mended.push_str("\\uFFFD");
                at += 6;
                copied = at;
            }
            // The character after a backslash may be one too.
            _ => {
                let next = text.get(at + 1..).and_then(|rest| rest.chars().next());
                at += 1 + next.map_or(0, char::len_utf8);
            }
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    mended.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(mended)
}

/// The number of the `\uXXXX` that begins at a byte.
fn escaped_unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

fn read_event(json: &str) -> Result<Incoming, String> {
    if json.len() > MAX_EVENT_BYTES {
        return Err(format!(
            "Event is over the max size: Max {MAX_EVENT_BYTES} bytes / Size {} bytes",
            json.len()
        ));
    }
    if depth(json) > MAX_DEPTH {
        return Err("exceeded max depth".into());
    }
    let mut reader = serde_json::Deserializer::from_str(json);
    reader.disable_recursion_limit();
    let Members(members) = Members::deserialize(&mut reader).map_err(|error| error.to_string())?;
    let mut event = Incoming::default();
    let mut meta = None;
    for (key, value) in members {
        // The server's JSON reader takes keys in any case.
        match key.to_ascii_lowercase().as_str() {
            "name" => event.name = string(value, "name")?.unwrap_or_default(),
            "id" => event.id = string(value, "id")?.filter(|id| !id.is_empty()),
            "v" => event.v = string(value, "v")?.filter(|v| !v.is_empty()),
            "ts" => event.ts = integer(&value)?.filter(|ts| *ts != 0),
            // An object that is given twice is put together.
            "data" => match object(value, "data")? {
                Some(data) => event.data.extend(data),
                None => event.data.clear(),
            },
            "user" => match object(value, "user")? {
                Some(user) => event.user.get_or_insert_default().extend(user),
                None => event.user = None,
            },
            "meta" => meta = object(value, "meta")?,
            _ => {}
        }
    }
    check_name(&event.name)?;
    match event.ts {
        Some(ts) if ts < MIN_MILLIS => return Err("timestamp is before Jan 1, 1980".into()),
        Some(ts) if ts > MAX_MILLIS => return Err("timestamp is after Jan 1, 2100".into()),
        _ => {}
    }
    if let Some(sessions) = meta.and_then(|mut meta| meta.remove("sessions")) {
        event.sessions = object(sessions, "meta")?.unwrap_or_default();
        check_sessions(&event.sessions)?;
    }
    event.data.remove("_inngest");
    event.data.values_mut().for_each(as_doubles);
    Ok(event)
}

/// How deep the arrays and objects of a JSON text are nested.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = json.bytes();
    let mut in_string = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if in_string => {
                bytes.next();
            }
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("event name is empty".into());
    }
    if name.to_lowercase().starts_with("inngest/") {
        return Err(format!("event name is reserved for internal use: {name}"));
    }
    Ok(())
}

fn check_sessions(sessions: &Map<String, Value>) -> Result<(), String> {
    if sessions.len() > inngest_grammar::limits::MAX_SESSIONS {
        return Err("event sessions can include at most 5 entries".into());
    }
    for (key, value) in sessions {
        if key.is_empty() {
            return Err("event session keys cannot be empty".into());
        }
        if key.len() > 128 {
            return Err(format!("event session key \"{key}\" exceeds 128 bytes"));
        }
        match value {
            Value::String(text) if text.is_empty() => {
                return Err(format!("event session \"{key}\" cannot be empty"));
            }
            Value::String(text) if text.len() > 512 => {
                return Err(format!("event session \"{key}\" exceeds 512 bytes"));
            }
            Value::String(_) | Value::Number(_) | Value::Null => {}
            _ => {
                return Err(format!(
                    "event session \"{key}\" must be a string, number, or null"
                ));
            }
        }
    }
    Ok(())
}

fn string(value: Value, field: &str) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        other => Err(format!(
            "cannot unmarshal {} into {field} of type string",
            kind(&other)
        )),
    }
}

fn integer(value: &Value) -> Result<Option<i64>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) if number.is_i64() => Ok(number.as_i64()),
        other => Err(format!(
            "cannot unmarshal {} into ts of type int64",
            kind(other)
        )),
    }
}

fn object(value: Value, field: &str) -> Result<Option<Map<String, Value>>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Object(object) => Ok(Some(object)),
        other => Err(format!(
            "cannot unmarshal {} into {field} of type object",
            kind(&other)
        )),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Numbers are doubles on the server: an integer that a double does not hold becomes another.
fn as_doubles(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let exact = number
                .as_i64()
                .is_some_and(|i| crate::encode::json::is_exact(i.into()));
            if !exact && let Some(double) = number.as_f64().and_then(Number::from_f64) {
                *number = double;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(as_doubles),
        Value::Object(members) => members.values_mut().for_each(as_doubles),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(body: &str) -> Incoming {
        let mut reading = read(body.as_bytes());
        assert_eq!(reading.mistake, None, "{body}");
        reading.taken.pop().unwrap()
    }

    #[test]
    fn keys_in_any_case_and_the_last_one_counts() {
        let event = one(r#"{"name":"a","NAME":"b","Data":{"x":1,"y":1},"data":{"x":2},"V":"1"}"#);
        assert_eq!((event.name.as_str(), event.v.as_deref()), ("b", Some("1")));
        assert_eq!(
            Value::from(event.data),
            serde_json::json!({ "x": 2, "y": 1 })
        );
        let event = one(r#"{"name":"a","data":{"x":1},"user":{"a":1},"data":null,"user":null}"#);
        assert_eq!((event.data.len(), event.user), (0, None));
    }

    #[test]
    fn halves_of_surrogate_pairs_are_replaced() {
        for (text, expected) in [
            (r"\ud83d\ude00", "😀"),
            ("é\\n\\ud800", "é\n\u{fffd}"),
            (r"\ud83d", "\u{fffd}"),
            (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
            (r"\ud83d\ud83d\ude00x", "\u{fffd}😀x"),
            (r"\\ud83d\n\u0041", "\\ud83d\nA"),
            ("é\\ud800é", "é\u{fffd}é"),
        ] {
            let event = one(&format!(r#"{{"name":"{text}"}}"#));
            assert_eq!(event.name, expected, "{text}");
        }
    }

    #[test]
    fn any_text_is_answered() {
        for body in [
            "\\",
            "{\"name\":\"\\",
            "[{\"name\":\"\\ud8",
            "[,",
            "[{}",
            "{\"",
            "\u{feff}{}",
            "\0",
        ] {
            assert!(read(body.as_bytes()).mistake.is_some(), "{body:?}");
        }
    }
}
