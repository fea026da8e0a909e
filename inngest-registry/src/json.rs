//! Writes JSON with a fixed key order and layout, and hashes schemas.

use std::fmt::Write as _;

use serde::ser::{Serialize, Serializer};
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
pub(crate) fn to_text(value: &Value) -> String {
    let is_event = value.pointer("/properties/name/const").is_some()
        && value.pointer("/properties/data").is_some();
    let view = View {
        value,
        place: Place::Schema,
        is_event,
        depth: 0,
    };
    text_of(serde_json::to_string_pretty(&view)) + "\n"
}

/// The SHA-256 hash of the keywords that validate values, in hexadecimal digits.
///
/// Titles, descriptions and other annotations, `$id`, and the order of `required`, `enum` and
/// `type` do not affect it. Two schemas with the same hash accept the same values.
pub(crate) fn content_hash(schema: &Value) -> String {
    let digest = Sha256::digest(content(schema, Place::Schema));
    digest.iter().fold(String::new(), |mut hash, byte| {
        // Writing to a `String` does not fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

/// A schema on one line, with sorted keys, sorted sets and no annotations.
fn content(value: &Value, place: Place) -> String {
    let value = &without_annotations(value, place);
    text_of(serde_json::to_string(&View {
        value,
        place: Place::Data,
        is_event: false,
        depth: 0,
    }))
}

fn without_annotations(value: &Value, place: Place) -> Value {
    let is_schema = place == Place::Schema;
    match value {
        Value::Array(items) => {
            let items = items.iter().map(|item| without_annotations(item, place));
            items.collect()
        }
        Value::Object(object) => {
            let members = object
                .iter()
                .filter(|(key, _)| !is_schema || !ANNOTATIONS.contains(&key.as_str()));
            let members = members.map(|(key, value)| {
                let mut value = without_annotations(value, place.of(key));
                if let Value::Array(set) = &mut value
                    && is_schema
                    && SETS.contains(&key.as_str())
                {
                    set.sort_by_cached_key(|member| content(member, Place::Data));
                }
                (key.clone(), value)
            });
            Value::Object(members.collect())
        }
        plain => plain.clone(),
    }
}

#[expect(
    clippy::expect_used,
    reason = "all keys are strings, and a `String` takes any text"
)]
fn text_of(written: serde_json::Result<String>) -> String {
    written.expect("JSON is written")
}

/// A value whose keys are written in order.
#[derive(Clone, Copy)]
struct View<'a> {
    value: &'a Value,
    place: Place,
    /// Whether the whole value is the schema of an event.
    is_event: bool,
    depth: usize,
}

impl<'a> View<'a> {
    fn ordered(&self, object: &'a Map<String, Value>) -> Vec<(&'a String, &'a Value)> {
        let first: &[&str] = match self.place {
            Place::Schema => &FIRST,
            Place::Names if self.is_event && self.depth == 1 => &ENVELOPE,
            Place::Names | Place::Data => &[],
        };
        let mut members: Vec<_> = object.iter().collect();
        members.sort_by_key(|(key, _)| {
            let rank = first.iter().position(|known| known == key);
            let is_last = self.place == Place::Schema && *key == LAST;
            (is_last, rank.unwrap_or(first.len()), *key)
        });
        members
    }

    fn inner(&self, value: &'a Value, place: Place) -> Self {
        Self {
            value,
            place,
            is_event: self.is_event,
            depth: self.depth + 1,
        }
    }
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Array(items) => {
                serializer.collect_seq(items.iter().map(|item| self.inner(item, self.place)))
            }
            Value::Object(object) => serializer.collect_map(
                self.ordered(object)
                    .into_iter()
                    .map(|(key, value)| (key, self.inner(value, self.place.of(key)))),
            ),
            plain => plain.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_in_order() {
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
    fn hash_covers_what_affects_validity() {
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
        // In `dependencies`, property names are not keywords.
        let needs = |name: &str| content_hash(&json!({ "dependencies": { "title": [name] } }));
        assert_ne!(needs("a"), needs("b"));
        // The property `title` is not an annotation.
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
            let line = content(&value, Place::Data);
            prop_assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
        }
    }
}
