//! Makes values that match a JSON Schema that `schemars` or `inngest-registry` wrote.

use serde_json::{Map, Value};

/// The maximum number of alternatives to try.
const MAX_ALTERNATIVES: usize = 64;

/// Beyond this depth, objects have only their required fields.
const FULL_DEPTH: usize = 6;

/// Beyond this depth, a schema has no value, so that recursive schemas end.
const MAX_DEPTH: usize = 48;

/// Values for the `data` of an event's schema.
pub(super) fn data(schema: &Value) -> Vec<Value> {
    let Some(data) = schema.pointer("/properties/data") else {
        return vec![Value::Object(Map::new())];
    };
    let alternatives = alternatives(schema).clamp(1, MAX_ALTERNATIVES);
    let choices = (0..alternatives).flat_map(|alternative| {
        [true, false].map(|full| Choice {
            root: schema,
            alternative,
            full,
        })
    });
    choices.filter_map(|choice| choice.value(data, 0)).collect()
}

/// The largest number of alternatives that any part of a schema has.
fn alternatives(schema: &Value) -> usize {
    match schema {
        Value::Object(members) => {
            let own = ["oneOf", "anyOf", "enum", "type"].map(|key| {
                let list = members.get(key).and_then(Value::as_array);
                list.map_or(0, Vec::len)
            });
            let below = members.values().map(alternatives).max();
            own.into_iter().chain(below).max().unwrap_or_default()
        }
        Value::Array(items) => items.iter().map(alternatives).max().unwrap_or_default(),
        _ => 0,
    }
}

/// Which of the matching values to make.
struct Choice<'a> {
    root: &'a Value,
    /// The index of the alternative to take, modulo the number of alternatives.
    alternative: usize,
    /// Whether to include optional fields.
    full: bool,
}

impl Choice<'_> {
    fn value(&self, schema: &Value, depth: usize) -> Option<Value> {
        let Value::Object(schema) = schema else {
            return Some(Value::Object(Map::new()));
        };
        if depth > MAX_DEPTH {
            return None;
        }
        if let Some(value) = schema.get("const") {
            return Some(value.clone());
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return self.pick(values).cloned();
        }
        let mut value = self.of_type(schema, depth)?;
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.root.pointer(target.strip_prefix('#')?)?;
            merge(&mut value, self.value(target, depth + 1)?);
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(parts) = schema.get(key).and_then(Value::as_array) {
                merge(&mut value, self.one_of(parts, depth)?);
            }
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            for part in parts {
                merge(&mut value, self.value(part, depth + 1)?);
            }
        }
        Some(value)
    }

    /// The chosen alternative. At great depth, the first that ends: every recursive type has one.
    fn one_of(&self, parts: &[Value], depth: usize) -> Option<Value> {
        if depth <= FULL_DEPTH {
            return self.value(self.pick(parts)?, depth + 1);
        }
        let is_null = |part: &&Value| part.get("type") == Some(&Value::from("null"));
        if let Some(null) = parts.iter().find(is_null) {
            return self.value(null, depth + 1);
        }
        parts.iter().find_map(|part| self.value(part, depth + 8))
    }

    fn pick<'v>(&self, values: &'v [Value]) -> Option<&'v Value> {
        values.get(self.alternative.checked_rem(values.len())?)
    }

    fn of_type(&self, schema: &Map<String, Value>, depth: usize) -> Option<Value> {
        let kind = match schema.get("type") {
            Some(Value::Array(kinds)) if depth <= FULL_DEPTH => self.pick(kinds)?.as_str()?,
            Some(Value::Array(kinds)) => kinds.last()?.as_str()?,
            Some(kind) => kind.as_str()?,
            None if schema.contains_key("properties") => "object",
            None => return Some(Value::Null),
        };
        Some(match kind {
            "object" => self.object(schema, depth)?,
            "array" => self.array(schema, depth)?,
            "string" => text(schema).into(),
            "integer" | "number" => number(schema),
            "boolean" => self.alternative.is_multiple_of(2).into(),
            _ => Value::Null,
        })
    }

    fn object(&self, schema: &Map<String, Value>, depth: usize) -> Option<Value> {
        let mut members = Map::new();
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |key: &str| required.is_some_and(|all| all.iter().any(|one| one == key));
        let properties = schema.get("properties").and_then(Value::as_object);
        for (key, property) in properties.into_iter().flatten() {
            if is_required(key) {
                members.insert(key.clone(), self.value(property, depth + 1)?);
            } else if self.full && depth <= FULL_DEPTH {
                // Leave out an optional field whose type does not end.
                if let Some(value) = self.value(property, depth + 1) {
                    members.insert(key.clone(), value);
                }
            }
        }
        if let Some(more @ Value::Object(_)) = schema.get("additionalProperties")
            && self.full
            && depth <= FULL_DEPTH
            && let Some(value) = self.value(more, depth + 1)
        {
            members.insert("1".to_owned(), value);
        }
        Some(members.into())
    }

    fn array(&self, schema: &Map<String, Value>, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        let first = schema.get("prefixItems").and_then(Value::as_array);
        for item in first.into_iter().flatten() {
            items.push(self.value(item, depth + 1)?);
        }
        let least = count(schema, "minItems").unwrap_or_default();
        let wanted = if self.full && depth <= FULL_DEPTH {
            least.max(1)
        } else {
            least
        };
        let wanted = wanted.min(count(schema, "maxItems").unwrap_or(wanted));
        if let Some(item) = schema.get("items") {
            while items.len() < wanted {
                items.push(self.value(item, depth + 1)?);
            }
        }
        Some(items.into())
    }
}

fn count(schema: &Map<String, Value>, key: &str) -> Option<usize> {
    usize::try_from(schema.get(key)?.as_u64()?).ok()
}

/// Merges the members of two objects. Any other value replaces only `null`, the value without a type.
fn merge(value: &mut Value, other: Value) {
    match (value, other) {
        (Value::Object(members), Value::Object(others)) => members.extend(others),
        (value @ Value::Null, other) => *value = other,
        _ => {}
    }
}

fn text(schema: &Map<String, Value>) -> String {
    let pattern = schema.get("pattern").and_then(Value::as_str);
    let example = match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => "2026-11-21T10:00:00Z",
        Some("partial-date-time") => "2026-11-21T10:00:00",
        Some("date") => "2026-11-21",
        Some("time") => "10:00:00Z",
        Some("partial-time") => "10:00:00",
        Some("duration") => "PT1S",
        Some("uuid") => "5f0c2f4e-6a3b-4f6d-9c0a-0f6f3c1f2a7b",
        Some("uri" | "iri" | "url") => "https://example.com/",
        Some("email") => "ada@example.com",
        Some("ipv4" | "ip") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("hostname") => "example.com",
        _ => match pattern {
            // Crockford's base 32, as in a ULID.
            Some(pattern) if pattern.contains("{26}") || pattern.contains("{25}") => {
                "01JQDAE4RQF8MBCR55T5AK4KXS"
            }
            Some(pattern) if pattern.contains("{4}") => "2026-11-21",
            Some(_) => "1",
            None => "a",
        },
    };
    let least = count(schema, "minLength").unwrap_or_default();
    let most = count(schema, "maxLength").unwrap_or(usize::MAX);
    let padding = std::iter::repeat_n('a', least.saturating_sub(example.len()));
    example.chars().chain(padding).take(most).collect()
}

fn number(schema: &Map<String, Value>) -> Value {
    let bound = |key| schema.get(key).and_then(Value::as_i64);
    let least =
        bound("minimum").or(bound("exclusiveMinimum").and_then(|bound| bound.checked_add(1)));
    let most =
        bound("maximum").or(bound("exclusiveMaximum").and_then(|bound| bound.checked_sub(1)));
    let number = 1
        .max(least.unwrap_or(i64::MIN))
        .min(most.unwrap_or(i64::MAX));
    number.into()
}
