//! Walks a JSON Schema and distinguishes schemas, property names and data: `description` can be any
//! of the three.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::named::suggestion;

/// The role of a JSON value inside a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A schema, or a list of them.
    Schema,
    /// An object whose keys are names and whose values are schemas.
    Names,
    /// Data, whose keys have no meaning in JSON Schema.
    Data,
}

impl Place {
    /// The role of the value of `key` in an object with this role.
    pub(crate) fn of(self, key: &str) -> Self {
        match (self, key) {
            (
                Self::Schema,
                "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas"
                | "dependencies",
            ) => Self::Names,
            (
                Self::Schema,
                "const" | "enum" | "default" | "examples" | "required" | "dependentRequired",
            )
            | (Self::Data, _) => Self::Data,
            (Self::Schema | Self::Names, _) => Self::Schema,
        }
    }
}

/// Calls `change` with every schema in `value` that is an object, innermost first.
pub(crate) fn each_schema_mut(
    value: &mut Value,
    place: Place,
    change: &mut impl FnMut(&mut Map<String, Value>),
) {
    match value {
        Value::Array(items) => {
            for item in items {
                each_schema_mut(item, place, change);
            }
        }
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                each_schema_mut(value, place.of(key), change);
            }
            if place == Place::Schema {
                change(object);
            }
        }
        _ => {}
    }
}

/// Whether values of this type are among those that the schema's `type` allows.
pub(crate) fn has_type(schema: &Map<String, Value>, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(|known| known == name),
        Some(only) => only == name,
        None => false,
    }
}

/// The schemas or names that the value of a keyword lists.
pub(crate) fn list<'a>(schema: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    let list = schema.get(keyword).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// The types of JSON Schema.
const TYPES: [&str; 7] = [
    "null", "boolean", "integer", "number", "string", "array", "object",
];

/// The keywords that hold a schema or a list of schemas. An unknown keyword may hold anything.
const WITH_SCHEMAS: [&str; 15] = [
    "items",
    "prefixItems",
    "additionalItems",
    "contains",
    "unevaluatedItems",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
];

/// Describes the first unknown `type` in a schema.
pub(crate) fn wrong_type(schema: &Value) -> Option<String> {
    let mut open = vec![(schema, Place::Schema, String::new())];
    while let Some((value, place, path)) = open.pop() {
        let at = |key: &str| format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
        match value {
            Value::Array(items) => {
                let items = items.iter().enumerate().rev();
                open.extend(items.map(|(i, item)| (item, place, at(&i.to_string()))));
            }
            Value::Object(object) => {
                if let Some(named) = object.get("type").filter(|_| place == Place::Schema) {
                    let names = named.as_array().map_or(std::slice::from_ref(named), |l| l);
                    let known = |name: &Value| name.as_str().is_some_and(|n| TYPES.contains(&n));
                    if let Some(wrong) = names.iter().find(|name| !known(name)) {
                        return Some(unknown_type(wrong, &at("type")));
                    }
                }
                open.extend(object.iter().rev().filter_map(|(key, value)| {
                    let inner = place.of(key);
                    let reached = place == Place::Names
                        || inner == Place::Names
                        || WITH_SCHEMAS.contains(&key.as_str());
                    reached.then(|| (value, inner, at(key)))
                }));
            }
            _ => {}
        }
    }
    None
}

fn unknown_type(wrong: &Value, path: &str) -> String {
    let (name, shown) = match wrong {
        Value::String(name) => (name.as_str(), format!("`{name}`")),
        other => ("", other.to_string()),
    };
    format!(
        "{shown} at `{path}` is not a type; {}",
        suggestion(name, &TYPES)
    )
}

/// The path of a property, quoted if its name is not a word: `data.lines`, `data["unit price"]`.
pub(crate) fn property(path: &str, name: &str) -> String {
    let mut path = path.to_owned();
    push_property(&mut path, name);
    path
}

/// Whether `path` is `parent` or a place inside it.
pub(crate) fn is_within(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| {
        parent.is_empty() || rest.is_empty() || rest.starts_with(['.', '[', '{'])
    })
}

/// Appends a property to a path.
pub(crate) fn push_property(path: &mut String, name: &str) {
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(plain) {
        // Writing to a `String` does not fail.
        let _ = write!(path, "[{}]", Value::from(name));
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_within_paths() {
        for (path, is_within_total) in [
            ("data.total", true),
            ("data.total.cents", true),
            ("data.total[0]", true),
            ("data.total{}", true),
            ("data.total_cents", false),
            ("data", false),
        ] {
            assert_eq!(is_within(path, "data.total"), is_within_total, "{path}");
            assert!(is_within(path, ""));
        }
    }

    #[test]
    fn unknown_types_are_reported() {
        let wrong = |schema: Value| wrong_type(&schema);
        insta::assert_snapshot!(wrong(json!({ "type": "strng" })).unwrap(), @"`strng` at `/type` is not a type; did you mean `string`? the known ones are `null`, `boolean`, `integer`, `number`, `string`, `array`, `object`");
        let nested =
            json!({ "properties": { "a/b": { "items": [true, { "type": ["null", 3] }] } } });
        insta::assert_snapshot!(wrong(nested).unwrap(), @"3 at `/properties/a~1b/items/1/type` is not a type; the known ones are `null`, `boolean`, `integer`, `number`, `string`, `array`, `object`");
        // Property names, data and the values of unknown keywords are not schemas.
        let schema = json!({
            "properties": { "type": { "type": "string" } },
            "const": { "type": "card" },
            "enum": [{ "type": "card" }],
            "x-discriminator": { "type": "card" },
            "required": ["type"],
        });
        assert_eq!(wrong(schema), None);
    }
}
