//! Where in a JSON Schema the schemas are: `description` is a keyword in one place, the name of a
//! property in another, and data in a third.

use serde_json::{Map, Value};

/// What a JSON value inside a schema is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A schema, or a list of them.
    Schema,
    /// An object whose keys are names and whose values are schemas.
    Names,
    /// Data: its keys mean nothing to us.
    Data,
}

impl Place {
    /// What the value of `key` in an object at this place is.
    pub(crate) fn of(self, key: &str) -> Self {
        match (self, key) {
            (
                Self::Schema,
                "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas",
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

/// Calls `change` with every schema in `value` that is an object, the innermost first.
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

/// The path of a property, in quotes where its name is not a word: `data.lines`, `data["unit price"]`.
pub(crate) fn property(path: &str, name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(plain) {
        format!("{path}[{}]", Value::from(name))
    } else if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
