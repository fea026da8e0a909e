//! Converts JSON Schema 2020-12 to Schema Objects, a superset of JSON Schema draft-07.
//!
//! A document may hold schemas in other formats, including 2020-12, but tools only have to support
//! draft-07, and the official parser supports nothing else. The conversion rewrites:
//!
//! - `prefixItems` to `items`, and `items` next to it to `additionalItems`;
//! - `dependentRequired` and `dependentSchemas` to `dependencies`;
//! - a property named `$ref`, which tools would read as a reference, to `patternProperties`;
//! - a `$ref` next to other keywords, which draft-07 ignores, to `allOf`.
//!
//! draft-07 cannot express `unevaluatedProperties`, `unevaluatedItems`, `minContains` and
//! `maxContains`, and tools would resolve data that looks like a reference. These are left out, so
//! the converted schema accepts more.
//!
//! Sources: the release notes of 2019-09 and
//! <https://json-schema.org/draft/2020-12/release-notes>,
//! <https://www.asyncapi.com/docs/reference/specification/v3.0.0#schemaObject>.

use serde_json::{Map, Value, json};

use crate::exporters::model::Names;
use crate::reference::Reference;

/// Converts the schemas of one event.
pub(super) struct SchemaObjects<'a> {
    /// The names that the document gives to the definitions.
    pub(super) names: &'a Names,
    /// The name that the document gives to the schema of the whole event.
    pub(super) root: &'a str,
}

impl SchemaObjects<'_> {
    /// Converts a schema to a component, which must be an object.
    pub(super) fn component(&self, schema: &Value) -> Value {
        match schema {
            Value::Bool(true) => json!({}),
            Value::Bool(false) => json!({ "not": {} }),
            schema => self.convert(schema),
        }
    }

    fn convert(&self, schema: &Value) -> Value {
        let Value::Object(keywords) = schema else {
            return schema.clone();
        };
        let tuple = keywords
            .get("prefixItems")
            .and_then(Value::as_array)
            .is_some_and(|items| !items.is_empty());
        // With `minContains: 0`, the array need not contain a matching item.
        let is_contains_optional = keywords.get("minContains").and_then(Value::as_u64) == Some(0);
        let mut object = Map::new();
        let mut dependencies = Map::new();
        let mut reference = None;
        for (keyword, value) in keywords {
            let (keyword, value) = match keyword.as_str() {
                "$schema"
                | "$id"
                | "$anchor"
                | "$dynamicAnchor"
                | "$vocabulary"
                | "$defs"
                | "unevaluatedProperties"
                | "unevaluatedItems"
                | "minContains"
                | "maxContains"
                | "contentSchema" => continue,
                "contains" if is_contains_optional => continue,
                "const" | "default" | "enum" | "examples" if looks_like_reference(value) => {
                    continue;
                }
                "prefixItems" if !tuple => continue,
                "$ref" => {
                    reference = value.as_str().map(|value| self.reference(value));
                    continue;
                }
                "dependentRequired" | "dependentSchemas" => {
                    if let Value::Object(names) = value {
                        for (name, value) in names {
                            depend(&mut dependencies, name, self.convert(value));
                        }
                    }
                    continue;
                }
                "prefixItems" => ("items", self.convert_all(value)),
                "items" if tuple => ("additionalItems", self.convert(value)),
                "allOf" | "anyOf" | "oneOf" => (keyword.as_str(), self.convert_all(value)),
                "properties" | "patternProperties" => (keyword.as_str(), self.convert_each(value)),
                "additionalProperties"
                | "contains"
                | "else"
                | "if"
                | "items"
                | "not"
                | "propertyNames"
                | "then" => (keyword.as_str(), self.convert(value)),
                _ => (keyword.as_str(), value.clone()),
            };
            object.insert(keyword.to_owned(), value);
        }
        if !dependencies.is_empty() {
            object.insert("dependencies".into(), dependencies.into());
        }
        if let Some(Value::Object(properties)) = object.get_mut("properties")
            && let Some(schema) = properties.remove("$ref")
        {
            insert_into(&mut object, "patternProperties", "^\\$ref$", schema);
        }
        if let Some(reference) = reference {
            let reference = json!({ "$ref": reference });
            if object.is_empty() {
                return reference;
            }
            match object.get_mut("allOf") {
                Some(Value::Array(all_of)) => all_of.insert(0, reference),
                _ => {
                    object.insert("allOf".into(), json!([reference]));
                }
            }
        }
        object.into()
    }

    fn convert_all(&self, schemas: &Value) -> Value {
        match schemas {
            Value::Array(schemas) => schemas.iter().map(|schema| self.convert(schema)).collect(),
            other => self.convert(other),
        }
    }

    fn convert_each(&self, names: &Value) -> Value {
        match names {
            Value::Object(names) => names
                .iter()
                .map(|(name, schema)| (name.clone(), self.convert(schema)))
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    fn reference(&self, reference: &str) -> String {
        match Reference::parse(reference) {
            Reference::Definition { name, rest } if self.names.contains_key(&name) => {
                let name = self.names.get(&name).map_or("", String::as_str);
                format!("#/components/schemas/{name}{rest}")
            }
            Reference::Place(pointer) => format!("#/components/schemas/{}{pointer}", self.root),
            Reference::Definition { .. } | Reference::Other => reference.to_owned(),
        }
    }
}

fn insert_into(object: &mut Map<String, Value>, keyword: &str, name: &str, schema: Value) {
    let names = object.entry(keyword).or_insert_with(|| json!({}));
    if let Value::Object(names) = names {
        names.insert(name.to_owned(), schema);
    }
}

fn looks_like_reference(data: &Value) -> bool {
    match data {
        Value::Array(items) => items.iter().any(looks_like_reference),
        Value::Object(members) => {
            members.get("$ref").is_some_and(Value::is_string)
                || members.values().any(looks_like_reference)
        }
        _ => false,
    }
}

/// Adds a dependency of a property. draft-07 has one keyword for required names and schemas.
fn depend(dependencies: &mut Map<String, Value>, name: &str, what: Value) {
    let both = match dependencies.remove(name) {
        None => what,
        Some(earlier) => {
            let schema = |value| match value {
                Value::Array(required) => json!({ "required": required }),
                schema => schema,
            };
            json!({ "allOf": [schema(earlier), schema(what)] })
        }
    };
    dependencies.insert(name.to_owned(), both);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_converted() {
        let names = Names::from([("A b".to_owned(), "A_b".to_owned())]);
        let objects = SchemaObjects {
            names: &names,
            root: "Root",
        };
        for (schema, expected) in [
            (
                json!({ "$ref": "#/$defs/A%20b" }),
                json!({ "$ref": "#/components/schemas/A_b" }),
            ),
            (
                json!({ "$ref": "#/$defs/A%20b/items", "description": "x", "allOf": [{}] }),
                json!({
                    "description": "x",
                    "allOf": [{ "$ref": "#/components/schemas/A_b/items" }, {}],
                }),
            ),
            (
                json!({ "$ref": "#" }),
                json!({ "$ref": "#/components/schemas/Root" }),
            ),
            (
                json!({ "$ref": "https://example.com/a.json#/$defs/b" }),
                json!({ "$ref": "https://example.com/a.json#/$defs/b" }),
            ),
            (
                json!({ "prefixItems": [{ "prefixItems": [true] }], "items": false }),
                json!({ "items": [{ "items": [true] }], "additionalItems": false }),
            ),
            (
                json!({ "prefixItems": [], "items": { "type": "null" } }),
                json!({ "items": { "type": "null" } }),
            ),
            (
                json!({
                    "dependentRequired": { "a": ["b"], "c": [] },
                    "dependentSchemas": { "a": { "minProperties": 2 }, "d": false },
                }),
                json!({
                    "dependencies": {
                        "a": { "allOf": [{ "required": ["b"] }, { "minProperties": 2 }] },
                        "c": [],
                        "d": false,
                    },
                }),
            ),
            (
                json!({ "contains": { "type": "null" }, "minContains": 0 }),
                json!({}),
            ),
            (
                json!({ "contains": { "type": "null" }, "minContains": 2 }),
                json!({ "contains": { "type": "null" } }),
            ),
            (
                json!({
                    "properties": { "$ref": { "type": "null" }, "a": {} },
                    "patternProperties": { "b": {} },
                }),
                json!({
                    "properties": { "a": {} },
                    "patternProperties": { "b": {}, "^\\$ref$": { "type": "null" } },
                }),
            ),
            (
                json!({ "enum": [{ "a": { "$ref": "#" } }], "default": { "$ref": 1 } }),
                json!({ "default": { "$ref": 1 } }),
            ),
            (
                json!({ "$schema": "x", "$id": "x", "$defs": {}, "unevaluatedItems": false }),
                json!({}),
            ),
            (
                json!({ "not": { "prefixItems": [{}] } }),
                json!({ "not": { "items": [{}] } }),
            ),
        ] {
            assert_eq!(objects.component(&schema), expected, "{schema}");
        }
        assert_eq!(objects.component(&json!(true)), json!({}));
        assert_eq!(objects.component(&json!(false)), json!({ "not": {} }));
    }
}
