//! Stores the objects `data` and `user`, which may be nested too deep for recursion.

use std::fmt::Write as _;
use std::mem;
use std::str;
use std::sync::Arc;

use serde_json::{Map, Number, Value};

use super::json;

/// The maximum depth of a `Value` in the public API. Comparing, printing or dropping a much deeper
/// one overflows a test thread's 2 MiB stack.
const MAX_LEVELS: usize = 600;

/// A parsed object of any depth. Dropping it does not recurse.
#[derive(Debug, Default)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    /// Parses an object. Also returns the first number that overflows a double.
    pub(super) fn read(text: &[u8]) -> (Self, Option<String>) {
        match read(text) {
            (Value::Object(members), too_large) => (Self(members), too_large),
            (other, too_large) => {
                drop_iteratively(other);
                (Self::default(), too_large)
            }
        }
    }

    /// Inserts the members of `other`, replacing existing ones.
    pub(super) fn merge(&mut self, mut other: Self) {
        for (key, value) in mem::take(&mut other.0) {
            if let Some(earlier) = self.0.insert(key, value) {
                drop_iteratively(earlier);
            }
        }
        self.0.sort_keys();
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Some(value) = self.0.remove(key) {
            drop_iteratively(value);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Converts the object into a `Value` of bounded depth. If that truncates it, also returns its full
    /// JSON text.
    pub(super) fn into_value(mut self) -> (Value, Option<Arc<str>>) {
        let mut value = Value::Object(mem::take(&mut self.0));
        if !is_deeper(&value, MAX_LEVELS) {
            return (value, None);
        }
        let mut whole = String::new();
        write(&mut whole, &value);
        truncate(&mut value, MAX_LEVELS);
        (value, Some(whole.into()))
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        drop_iteratively(Value::Object(mem::take(&mut self.0)));
    }
}

/// Returns whether the value is nested deeper than `levels`. Recurses no deeper than that.
pub(super) fn is_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(_) | Value::Object(_) if levels == 0 => true,
        Value::Array(values) => values.iter().any(|value| is_deeper(value, levels - 1)),
        Value::Object(members) => members.values().any(|value| is_deeper(value, levels - 1)),
        _ => false,
    }
}

/// Replaces arrays and objects below `levels` with strings of their JSON text.
fn truncate(value: &mut Value, levels: usize) {
    match value {
        Value::Array(_) | Value::Object(_) if levels == 0 => {
            let mut text = String::new();
            write(&mut text, value);
            drop_iteratively(mem::replace(value, Value::String(text)));
        }
        Value::Array(values) => values
            .iter_mut()
            .for_each(|value| truncate(value, levels - 1)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|value| truncate(value, levels - 1)),
        _ => {}
    }
}

/// Formats a number the way Go does.
pub(super) fn number_text(double: f64) -> String {
    // The server turns -0 into 0 (measured).
    let double = if double == 0.0 { 0.0 } else { double };
    let magnitude = double.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{double:e}");
        return if magnitude > 1.0 {
            text.replace('e', "e+")
        } else {
            text
        };
    }
    double.to_string()
}

/// Parses a number as the server does, through a double. Returns `None` if it overflows.
pub(super) fn number(text: &str) -> Option<Number> {
    let double: f64 = text.parse().ok()?;
    if !double.is_finite() {
        return None;
    }
    if double == 0.0 && text.starts_with('-') {
        return Some(Number::from(0));
    }
    if text.contains(['.', 'e', 'E']) {
        return Number::from_f64(double);
    }
    let kept = number_text(double);
    let signed = kept.parse::<i64>().ok().map(Number::from);
    let unsigned = || kept.parse::<u64>().ok().map(Number::from);
    signed
        .or_else(unsigned)
        .or_else(|| Number::from_f64(double))
}

/// Appends the value as JSON text in the server's number format.
pub(super) fn write(out: &mut String, value: &Value) {
    enum Open<'a> {
        Array(std::slice::Iter<'a, Value>),
        Object(serde_json::map::Iter<'a>),
    }

    let mut open: Vec<Open<'_>> = Vec::new();
    let mut next = Some(value);
    loop {
        let mut first = false;
        if let Some(value) = next.take() {
            match value {
                Value::Array(values) => {
                    out.push('[');
                    open.push(Open::Array(values.iter()));
                    first = true;
                }
                Value::Object(members) => {
                    out.push('{');
                    open.push(Open::Object(members.iter()));
                    first = true;
                }
                Value::Number(number) => write_number(out, number),
                Value::String(text) => write_string(out, text),
                Value::Bool(boolean) => out.push_str(if *boolean { "true" } else { "false" }),
                Value::Null => out.push_str("null"),
            }
        }
        let separator = if first { "" } else { "," };
        match open.last_mut() {
            None => return,
            Some(Open::Array(values)) => match values.next() {
                Some(value) => {
                    out.push_str(separator);
                    next = Some(value);
                }
                None => {
                    out.push(']');
                    open.pop();
                }
            },
            Some(Open::Object(members)) => match members.next() {
                Some((key, value)) => {
                    out.push_str(separator);
                    write_string(out, key);
                    out.push(':');
                    next = Some(value);
                }
                None => {
                    out.push('}');
                    open.pop();
                }
            },
        }
    }
}

fn write_string(out: &mut String, text: &str) {
    let mut quoted = Vec::with_capacity(text.len() + 2);
    crate::encode::json::string(&mut quoted, text);
    // Escaping a `str` yields valid UTF-8.
    out.push_str(str::from_utf8(&quoted).unwrap_or_default());
}

fn write_number(out: &mut String, number: &Number) {
    // Writing to a `String` cannot fail.
    let _ = match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(integer), ..) => write!(out, "{integer}"),
        (None, Some(integer), _) => write!(out, "{integer}"),
        (None, None, Some(double)) => write!(out, "{}", number_text(double)),
        (None, None, None) => write!(out, "{number}"),
    };
}

/// Parses text that [`json::scan_value`] accepted. Numbers are doubles; the last of equal keys wins.
/// A number that overflows becomes `null`; the first one is also returned.
fn read(text: &[u8]) -> (Value, Option<String>) {
    enum Open {
        Array(Vec<Value>),
        Object(Map<String, Value>, String),
    }

    let mut open: Vec<Open> = Vec::new();
    let mut too_large = None;
    let mut at = 0;
    loop {
        at = json::skip_space(text, at);
        let rest = text.get(at..).unwrap_or_default();
        let (mut value, end) = match rest.first() {
            Some(b'[') => {
                at = json::skip_space(text, at + 1);
                if text.get(at) != Some(&b']') {
                    open.push(Open::Array(Vec::new()));
                    continue;
                }
                (Value::Array(Vec::new()), at + 1)
            }
            Some(b'{') => {
                at = json::skip_space(text, at + 1);
                if text.get(at) != Some(&b'}') {
                    let (key, value) = key(text, at);
                    open.push(Open::Object(Map::new(), key));
                    at = value;
                    continue;
                }
                (Value::Object(Map::new()), at + 1)
            }
            Some(b'"') => {
                let end = json::end_of_string(text, at).unwrap_or(text.len());
                let quoted = text.get(at..end).unwrap_or_default();
                (Value::String(json::unquote(quoted)), end)
            }
            Some(b't') => (Value::Bool(true), at + 4),
            Some(b'f') => (Value::Bool(false), at + 5),
            Some(b'n') | None => (Value::Null, at + 4),
            Some(_) => {
                // Advances by at least one byte, so the loop ends for any text.
                let end = json::end_of_number(text, at).unwrap_or(at + 1);
                let digits = str::from_utf8(text.get(at..end).unwrap_or_default());
                let digits = digits.unwrap_or_default();
                let number = number(digits);
                if number.is_none() {
                    too_large.get_or_insert_with(|| digits.to_owned());
                }
                (number.map_or(Value::Null, Value::Number), end)
            }
        };
        at = end;
        loop {
            match open.last_mut() {
                None => return (value, too_large),
                Some(Open::Array(values)) => values.push(value),
                Some(Open::Object(members, key)) => {
                    if let Some(earlier) = members.insert(mem::take(key), value) {
                        drop_iteratively(earlier);
                    }
                }
            }
            at = json::skip_space(text, at);
            if text.get(at) == Some(&b',') {
                at = json::skip_space(text, at + 1);
                if let Some(Open::Object(_, next)) = open.last_mut() {
                    (*next, at) = key(text, at);
                }
                break;
            }
            at += 1;
            value = match open.pop() {
                Some(Open::Array(values)) => Value::Array(values),
                Some(Open::Object(mut members, _)) => {
                    members.sort_keys();
                    Value::Object(members)
                }
                None => Value::Null,
            };
        }
    }
}

/// Parses a key and returns it with the offset after its colon.
fn key(text: &[u8], at: usize) -> (String, usize) {
    let end = json::end_of_string(text, at).unwrap_or(text.len());
    let key = json::unquote(text.get(at..end).unwrap_or_default());
    (key, json::skip_space(text, end) + 1)
}

/// Drops a value of any depth without recursion.
fn drop_iteratively(value: Value) {
    let mut remaining = vec![value];
    while let Some(value) = remaining.pop() {
        match value {
            Value::Array(values) => remaining.extend(values),
            Value::Object(members) => remaining.extend(members.into_iter().map(|(_, value)| value)),
            _ => {}
        }
    }
}
