//! Selects the schema to send: of the data of an event, or of the whole event.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::catalogue::EventType;
use crate::named::named_enum;
use crate::reference::{Reference, definitions_of};
use crate::walk::{Place, each_schema_mut};

named_enum! {
    "part"
    /// The part of an event whose schema is sent to a registry.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Part {
        /// The data alone. Name and version are constants in the schema of a whole event, so a registry
        /// that compares constants refuses each new version of it.
        #[default]
        Data = "data",
        /// The whole event.
        Event = "event",
    }
}

/// Where the data is in the schema of an event, as a JSON Pointer.
const DATA: &str = "/properties/data";

impl Part {
    /// The schema of this part, with the definitions that it needs.
    ///
    /// # Errors
    ///
    /// Returns a reference from the data to a place outside it, which the schema of the data alone lacks.
    pub(super) fn schema(self, event: &EventType) -> Result<Value, String> {
        match self {
            Self::Event => Ok(event.schema.clone()),
            Self::Data => data_schema(&event.schema),
        }
    }
}

fn data_schema(event: &Value) -> Result<Value, String> {
    let mut schema = match event.pointer(DATA) {
        Some(Value::Object(data)) => data.clone(),
        Some(Value::Bool(false)) => Map::from_iter([("not".to_owned(), Value::Object(Map::new()))]),
        _ => Map::new(),
    };
    for keyword in ["$schema", "title", "description"] {
        if let Some(value) = event.get(keyword)
            && !schema.contains_key(keyword)
        {
            schema.insert(keyword.to_owned(), value.clone());
        }
    }
    let mut schema = Value::Object(schema);
    let definitions = needed_definitions(event, &schema);
    if let Value::Object(schema) = &mut schema
        && !definitions.is_empty()
    {
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    move_references(&mut schema)?;
    Ok(schema)
}

/// The definitions that a part refers to, directly or through other definitions.
fn needed_definitions(event: &Value, part: &Value) -> Map<String, Value> {
    let all = event.get("$defs").and_then(Value::as_object);
    let mut open = definitions_of(part);
    let mut needed = Map::new();
    while let Some(name) = open.pop_first() {
        if let Some(definition) = all.and_then(|all| all.get(&name))
            && !needed.contains_key(&name)
        {
            open.extend(definitions_of(definition));
            needed.insert(name, definition.clone());
        }
    }
    needed
}

/// Rewrites references to places in the data, so that they start at the data.
fn move_references(schema: &mut Value) -> Result<(), String> {
    let mut lost = None;
    each_schema_mut(schema, Place::Schema, &mut |schema| {
        let Some(Value::String(reference)) = schema.get_mut("$ref") else {
            return;
        };
        if let Reference::Place(pointer) = Reference::parse(reference) {
            match pointer.strip_prefix(DATA) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                    *reference = format!("#{rest}");
                }
                _ => lost = Some(reference.clone()),
            }
        }
    });
    match lost {
        Some(lost) => Err(lost),
        None => Ok(()),
    }
}

/// Whether the schema, or one of its definitions, refers to itself, directly or through others.
pub(super) fn is_recursive(schema: &Value) -> bool {
    // A string that merely looks like a reference does no harm: the result only adds a hint to an error.
    if schema.to_string().contains(r##""$ref":"#""##) {
        return true;
    }
    let Some(definitions) = schema.get("$defs").and_then(Value::as_object) else {
        return false;
    };
    let reaches_itself = |name: &String| {
        let mut open: BTreeSet<String> = BTreeSet::from([name.clone()]);
        let mut seen = BTreeSet::new();
        while let Some(next) = open.pop_first() {
            let found = definitions
                .get(&next)
                .map(definitions_of)
                .unwrap_or_default();
            if found.contains(name) {
                return true;
            }
            if seen.insert(next) {
                open.extend(found.into_iter().filter(|name| !seen.contains(name)));
            }
        }
        false
    };
    definitions.keys().any(reaches_itself)
}

#[cfg(test)]
mod tests {
    use inngest_core::Event as _;
    use inngest_core::registry::Registry;
    use serde_json::json;
    use shop::v2::{CheckoutCompleted, OrderPaid};

    use super::*;
    use crate::catalogue::Catalogue;
    use crate::portable;

    fn data_of(schema: Value) -> Result<Value, String> {
        Part::Data.schema(&EventType::of_schema("a/b", None, schema))
    }

    #[test]
    fn data_keeps_the_definitions_that_it_needs() {
        let tree = json!({ "items": { "$ref": "#/$defs/Leaf" } });
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "B",
            "description": "An event.",
            "type": "object",
            "properties": {
                "v": { "const": "1" },
                "data": {
                    "description": "Its data.",
                    "properties": {
                        "tree": { "$ref": "#/$defs/Tree" },
                        "same": { "$ref": "#/properties/data/properties/tree" },
                        "all": { "$ref": "#/properties/data" },
                    },
                },
                "user": { "$ref": "#/$defs/User" },
            },
            "$defs": { "Tree": tree, "Leaf": true, "User": {} },
        });
        assert_eq!(
            data_of(schema.clone()).unwrap(),
            json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "title": "B",
                "description": "Its data.",
                "properties": {
                    "tree": { "$ref": "#/$defs/Tree" },
                    "same": { "$ref": "#/properties/tree" },
                    "all": { "$ref": "#" },
                },
                "$defs": { "Tree": tree, "Leaf": true },
            })
        );
        let event = EventType::of_schema("a/b", None, schema.clone());
        assert_eq!(Part::Event.schema(&event).unwrap(), schema);
    }

    #[test]
    fn data_of_a_type_has_the_schema_that_the_type_gives() {
        let types = Registry::new()
            .with::<CheckoutCompleted>()
            .with::<OrderPaid>();
        let expected = [CheckoutCompleted::data_schema(), OrderPaid::data_schema()];
        for (event, expected) in Catalogue::of(&types).iter().zip(expected) {
            let mut expected = expected.to_value();
            portable::replace_formats(&mut expected);
            assert_eq!(Part::Data.schema(event).unwrap(), expected);
        }
    }

    #[test]
    fn references_out_of_the_data_are_errors() {
        for reference in ["#", "#/properties/user", "#/properties/database"] {
            let data = json!({ "properties": { "x": { "$ref": reference } } });
            let schema = json!({ "properties": { "data": data } });
            assert_eq!(data_of(schema).unwrap_err(), reference);
        }
    }

    #[test]
    fn data_that_is_no_object_is_kept() {
        let data = |data: Value| data_of(json!({ "properties": { "data": data } })).unwrap();
        assert_eq!(data(json!(true)), json!({}));
        assert_eq!(data(json!(false)), json!({ "not": {} }));
        assert_eq!(data_of(json!({})).unwrap(), json!({}));
    }

    #[test]
    fn recursion_is_found() {
        let reference = |name: &str| json!({ "items": { "$ref": format!("#/$defs/{name}") } });
        let of = |defs: Value| is_recursive(&json!({ "$defs": defs }));
        assert!(of(json!({ "A": reference("A") })));
        assert!(of(
            json!({ "A": reference("B"), "B": reference("C"), "C": reference("B") })
        ));
        assert!(!of(
            json!({ "A": reference("B"), "B": reference("C"), "C": {} })
        ));
        assert!(is_recursive(&json!({ "items": { "$ref": "#" } })));
        assert!(!is_recursive(&json!({ "items": { "$ref": "#/$defs/A" } })));
    }
}
