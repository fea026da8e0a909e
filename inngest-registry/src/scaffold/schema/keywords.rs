//! The keywords of one schema, and the attribute that keeps those without a Rust equivalent.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Keywords that do not change which values are valid, and that Rust code has no place for.
const IGNORED: [&str; 10] = [
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "$anchor",
    "definitions",
    "title",
    "description",
    "readOnly",
    "writeOnly",
];

/// The keywords that are not yet converted.
#[derive(Clone, Debug)]
pub(super) struct Keywords(Map<String, Value>);

impl Keywords {
    pub(super) fn of(schema: &Map<String, Value>) -> Self {
        let kept = schema
            .iter()
            .filter(|(key, _)| !IGNORED.contains(&key.as_str()));
        Self(
            kept.map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        )
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.0.remove(key)
    }

    pub(super) fn put(&mut self, key: &str, value: Value) {
        self.0.insert(key.to_owned(), value);
    }

    /// Takes a keyword whose value is a whole number, such as `minItems`.
    pub(super) fn take_count(&mut self, key: &str) -> Option<u64> {
        let count = self.0.get(key)?.as_u64()?;
        self.0.remove(key);
        Some(count)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// The references that merging would replace: in `allOf`, and a `$ref` next to `properties`.
    pub(super) fn merged_references(&self) -> Vec<String> {
        let parts = self.0.get("allOf").and_then(Value::as_array);
        let parts = parts
            .into_iter()
            .flatten()
            .filter_map(|part| part.get("$ref"));
        let own = self.0.get("$ref").filter(|_| self.has("properties"));
        parts
            .chain(own)
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// Whether a keyword refers to another schema.
    pub(super) fn has_reference(&self) -> bool {
        self.0
            .iter()
            .any(|(key, value)| key == "$ref" || contains_reference(value))
    }

    /// The attribute that keeps the remaining keywords: `extend("format" = "uuid")`.
    pub(super) fn extend(self) -> Vec<String> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let all = self
            .0
            .iter()
            .map(|(key, value)| format!("{key:?} = {}", json(value)));
        vec![format!("extend({})", all.collect::<Vec<_>>().join(", "))]
    }
}

fn contains_reference(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(contains_reference),
        Value::Object(object) => {
            object.contains_key("$ref") || object.values().any(contains_reference)
        }
        _ => false,
    }
}

/// The doc comment of a schema.
pub(super) fn description(schema: &Value) -> Option<String> {
    let text = schema.get("description").and_then(Value::as_str)?;
    (!text.trim().is_empty()).then(|| text.replace("\r\n", "\n"))
}

/// JSON as the macro `json!` reads it.
fn json(value: &Value) -> String {
    match value {
        Value::String(text) => literal(text),
        Value::Number(number) => self::number(number),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(json).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(key, value)| format!("{key:?}: {}", json(value)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
        other => other.to_string(),
    }
}

/// A number as a Rust literal. Without a suffix, a large integer would be too large for an `i32`.
pub(super) fn number(number: &serde_json::Number) -> String {
    let mut text = number.to_string();
    let is_small = number
        .as_i64()
        .is_some_and(|number| i32::try_from(number).is_ok());
    if !is_small && !number.is_f64() {
        let suffix = if number.is_i64() { "_i64" } else { "_u64" };
        let _ = write!(text, "{suffix}");
    }
    text
}

/// A string literal, raw where that is easier to read.
pub(super) fn literal(text: &str) -> String {
    let is_raw = text.contains('\\') && !text.chars().any(char::is_control);
    match (is_raw, text.contains('"')) {
        (true, false) => format!("r\"{text}\""),
        (true, true) if !text.contains("\"#") => format!("r#\"{text}\"#"),
        _ => format!("{text:?}"),
    }
}
