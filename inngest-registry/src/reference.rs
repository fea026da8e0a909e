//! Parses `$ref`s and lists the definitions that a schema refers to.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::walk::Place;

/// What a `$ref` refers to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reference<'a> {
    /// A definition in the same schema, or a place inside it.
    Definition {
        /// The key in `$defs`.
        name: String,
        /// The rest of the JSON Pointer, as written; empty for the definition itself.
        rest: &'a str,
    },
    /// A place elsewhere in the same schema: the JSON Pointer, as written.
    Place(&'a str),
    /// Another document, or a named anchor.
    Other,
}

impl<'a> Reference<'a> {
    pub(crate) fn parse(reference: &'a str) -> Self {
        let Some(pointer) = reference.strip_prefix('#') else {
            return Self::Other;
        };
        if let Some(path) = pointer.strip_prefix("/$defs/") {
            let (name, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
            return Self::Definition {
                name: decode(name),
                rest,
            };
        }
        if pointer.is_empty() || pointer.starts_with('/') {
            Self::Place(pointer)
        } else {
            Self::Other
        }
    }
}

/// The name of the definition that the schema's `$ref` refers to.
pub(crate) fn definition_name(schema: &Map<String, Value>) -> Option<String> {
    match Reference::parse(schema.get("$ref")?.as_str()?) {
        Reference::Definition { name, rest: "" } => Some(name),
        _ => None,
    }
}

/// Decodes one part of a JSON Pointer in a URI fragment: percent-encoding first, then `~1` to `/`
/// and `~0` to `~`.
fn decode(part: &str) -> String {
    let part = percent_decode_str(part).decode_utf8_lossy();
    part.replace("~1", "/").replace("~0", "~")
}

/// The definitions that a schema refers to directly.
pub(crate) fn definitions_of(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    each_reference(schema, Place::Schema, &mut |reference| {
        if let Reference::Definition { name, .. } = Reference::parse(reference) {
            found.insert(name);
        }
    });
    found
}

fn each_reference(value: &Value, place: Place, visit: &mut impl FnMut(&str)) {
    match value {
        Value::Array(items) => {
            for item in items {
                each_reference(item, place, visit);
            }
        }
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(reference) if place == Place::Schema && key == "$ref" => {
                        visit(reference);
                    }
                    value => each_reference(value, place.of(key), visit),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_parsed() {
        let definition = |name: &str, rest| Reference::Definition {
            name: name.to_owned(),
            rest,
        };
        for (reference, expected) in [
            ("#/$defs/Item", definition("Item", "")),
            ("#/$defs/a~1b%20%C3%B6~01", definition("a/b ö~1", "")),
            ("#/$defs/100%", definition("100%", "")),
            ("#/$defs/Item/items/0", definition("Item", "/items/0")),
            ("#", Reference::Place("")),
            ("#/properties/data", Reference::Place("/properties/data")),
            ("#anchor", Reference::Other),
            ("https://example.com/item.json", Reference::Other),
        ] {
            assert_eq!(Reference::parse(reference), expected, "{reference}");
        }
    }

    #[test]
    fn references_in_data_are_ignored() {
        let schema = json!({
            "const": { "$ref": "#/$defs/No" },
            "examples": [{ "$ref": "#/$defs/No" }],
            "properties": {
                "const": { "$ref": "#/$defs/A" },
                "$ref": { "items": { "$ref": "#/$defs/B" } },
            },
            "oneOf": [true, { "not": { "$ref": "#/$defs/C" } }],
        });
        let found = definitions_of(&schema);
        assert_eq!(found.iter().collect::<Vec<_>>(), ["A", "B", "C"]);
    }
}
