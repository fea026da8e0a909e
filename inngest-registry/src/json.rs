//! Writes JSON with a fixed key order and layout, and hashes schemas.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::walk::Place;

/// The keywords that come first in a schema. The others follow in alphabetical order.
const FIRST: [&str; 9] = [
    "$schema",
    "$id",
    "title",
    "description",
    "type",
    "format",
    "properties",
    "required",
    "additionalProperties",
];

/// The keyword that comes last in a schema.
const LAST: &str = "$defs";

/// The members of an event in the order they are sent.
const ENVELOPE: [&str; 7] = ["name", "id", "ts", "v", "data", "user", "meta"];

/// The keywords that do not affect which values are valid.
const ANNOTATIONS: [&str; 9] = [
    "$id",
    "$comment",
    "title",
    "description",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "examples",
];

/// The keywords whose lists are sets.
const SETS: [&str; 3] = ["required", "enum", "type"];

/// Writes a value with two spaces of indentation, keys in a fixed order and a final newline.
///
/// In a schema, `$schema`, `$id`, `title`, `description`, `type`, `format`, `properties`, `required`
/// and `additionalProperties` come first, then the other keywords in alphabetical order, then
/// `$defs`. Property names are in alphabetical order, except that the members of an event are in
/// the order they are sent: `name`, `id`, `ts`, `v`, `data`, `user`, `meta`.
#[must_use]
pub fn to_text(value: &Value) -> String {
    let mut text = String::new();
    let envelope = value.pointer("/properties/name/const").is_some()
        && value.pointer("/properties/data").is_some();
    Writer {
        out: &mut text,
        depth: 0,
        envelope,
    }
    .value(value, Place::Schema);
    text.push('\n');
    text
}

/// The SHA-256 hash of the keywords that validate values, in hexadecimal digits.
///
/// Titles, descriptions and other annotations, `$id`, and the order of `required`, `enum` and
/// `type` do not affect it. Two schemas with the same hash accept the same values.
#[must_use]
pub fn content_hash(schema: &Value) -> String {
    let mut text = String::new();
    compact(schema, Place::Schema, &mut text);
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().fold(String::new(), |mut hash, byte| {
        for digit in [byte >> 4, byte & 15] {
            hash.extend(char::from_digit(digit.into(), 16));
        }
        hash
    })
}

/// Writes a schema on one line, with sorted keys, sorted sets and no annotations.
fn compact(value: &Value, place: Place, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                compact(item, place, out);
            }
            out.push(']');
        }
        Value::Object(object) => {
            let is_schema = place == Place::Schema;
            let mut members: Vec<_> = object
                .iter()
                .filter(|(key, _)| !is_schema || !ANNOTATIONS.contains(&key.as_str()))
                .collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (index, (key, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&quoted(key));
                out.push(':');
                match value {
                    Value::Array(set) if is_schema && SETS.contains(&key.as_str()) => {
                        let mut members: Vec<String> = set
                            .iter()
                            .map(|member| {
                                let mut text = String::new();
                                compact(member, Place::Data, &mut text);
                                text
                            })
                            .collect();
                        members.sort_unstable();
                        out.push('[');
                        out.push_str(&members.join(","));
                        out.push(']');
                    }
                    value => compact(value, place.of(key), out),
                }
            }
            out.push('}');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

struct Writer<'a> {
    out: &'a mut String,
    depth: usize,
    envelope: bool,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, place: Place) {
        match value {
            Value::Array(items) if !items.is_empty() => {
                self.block('[', items, ']', |writer, item| writer.value(item, place));
            }
            Value::Object(object) if !object.is_empty() => {
                let members = self.ordered(object, place);
                self.block('{', members, '}', |writer, (key, value)| {
                    writer.out.push_str(&quoted(key));
                    writer.out.push_str(": ");
                    writer.value(value, place.of(key));
                });
            }
            plain => self.out.push_str(&plain.to_string()),
        }
    }

    fn ordered<'v>(
        &self,
        object: &'v Map<String, Value>,
        place: Place,
    ) -> Vec<(&'v str, &'v Value)> {
        let order: &[&str] = match place {
            Place::Schema => &FIRST,
            Place::Names if self.envelope && self.depth == 1 => &ENVELOPE,
            Place::Names | Place::Data => &[],
        };
        let rank = |key: &str| {
            let first = order.iter().position(|known| *known == key);
            let last = place == Place::Schema && key == LAST;
            (last, first.unwrap_or(order.len()))
        };
        let mut members: Vec<_> = object
            .iter()
            .map(|(key, value)| (key.as_str(), value))
            .collect();
        members.sort_by_key(|(key, _)| (rank(key), *key));
        members
    }

    fn block<T>(
        &mut self,
        open: char,
        items: impl IntoIterator<Item = T>,
        close: char,
        write: impl Fn(&mut Self, T),
    ) {
        self.out.push(open);
        self.depth += 1;
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.new_line();
            write(self, item);
        }
        self.depth -= 1;
        self.new_line();
        self.out.push(close);
    }

    fn new_line(&mut self) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", self.depth));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_keys() {
        let schema = json!({
            "required": ["data", "name"],
            "$defs": { "type": { "minimum": 1, "type": "integer" } },
            "zebra": {},
            "anyOf": [],
            "description": "An event.",
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "data": {
                    "properties": {
                        "ts": true,
                        "description": { "const": { "type": 1, "a": 2 } },
                        "name": {},
                    },
                },
                "meta": {},
                "extra": {},
                "name": { "const": "a/b" },
            },
        });
        insta::assert_snapshot!(to_text(&schema));
    }

    #[test]
    fn the_hash_is_of_what_is_valid() {
        let hash = content_hash(&json!({
            "description": "x",
            "type": ["string", "null"],
            "properties": { "title": { "title": "y" }, "b": {} },
            "required": ["b", "title"],
        }));
        let same = json!({
            "$id": "https://example.com/x",
            "required": ["title", "b"],
            "properties": { "b": {}, "title": { "description": "z" } },
            "type": ["null", "string"],
        });
        assert_eq!(content_hash(&same), hash);
        assert_eq!(hash.len(), 64);
        for (pointer, value) in [
            ("/properties/title", json!({ "minLength": 1 })),
            ("/required", json!(["b"])),
            ("/type", json!("string")),
        ] {
            let mut other = same.clone();
            *other.pointer_mut(pointer).unwrap() = value;
            assert_ne!(content_hash(&other), hash, "{pointer}");
        }
        // Nor do the names of properties count as keywords where others depend on them.
        let needs = |name: &str| content_hash(&json!({ "dependencies": { "title": [name] } }));
        assert_ne!(needs("a"), needs("b"));
        // The property `title` is no annotation.
        let mut without = same.clone();
        without["properties"]
            .as_object_mut()
            .unwrap()
            .remove("title");
        assert_ne!(content_hash(&without), hash);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        let key = prop_oneof![
            "[a-c]",
            prop::sample::select(vec!["type", "properties", "$defs", "const"])
                .prop_map(str::to_owned),
        ];
        leaf.prop_recursive(4, 24, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((key.clone(), inner), 0..4)
                    .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_is_written_as_it_is(value in any_json()) {
            let text = to_text(&value);
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value.clone());
            let mut line = String::new();
            compact(&value, Place::Data, &mut line);
            prop_assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
        }
    }
}
