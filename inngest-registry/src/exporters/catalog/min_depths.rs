//! Computes how deep the smallest values of recursive types are.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::schema::Definitions;
use crate::reference::definition_name;
use crate::walk::{has_type, list};

/// For each definition, how many nested definitions its smallest value needs. Definitions without a
/// finite value are left out.
pub(super) struct MinDepths<'a>(BTreeMap<&'a str, u32>);

impl<'a> MinDepths<'a> {
    pub(super) fn of(definitions: Definitions<'a>) -> Self {
        let mut depths = Self(BTreeMap::new());
        // Each round finds the definitions that need one level more.
        loop {
            let found: Vec<_> = definitions
                .iter()
                .filter(|(name, _)| !depths.0.contains_key(name))
                .filter_map(|(name, schema)| {
                    Some((name, depths.of_schema(schema)?.saturating_add(1)))
                })
                .collect();
            if found.is_empty() {
                return depths;
            }
            depths.0.extend(found);
        }
    }

    /// How many nested definitions the smallest value of a schema needs; `None` if no value is finite.
    pub(super) fn of_schema(&self, schema: &Value) -> Option<u32> {
        let schema = match schema {
            Value::Bool(false) => return None,
            Value::Object(schema) => schema,
            _ => return Some(0),
        };
        if schema.contains_key("const") || schema.contains_key("enum") {
            return Some(0);
        }
        let mut most = 0;
        if let Some(name) = definition_name(schema) {
            most = most.max(*self.0.get(name.as_str())?);
        }
        for inner in list(schema, "allOf") {
            most = most.max(self.of_schema(inner)?);
        }
        for keyword in ["anyOf", "oneOf"] {
            if schema.contains_key(keyword) {
                let inner = list(schema, keyword).iter();
                most = most.max(inner.filter_map(|schema| self.of_schema(schema)).min()?);
            }
        }
        if !has_type(schema, "null") {
            most = most.max(self.of_parts(schema)?);
        }
        Some(most)
    }

    /// What the required properties and items need.
    fn of_parts(&self, schema: &Map<String, Value>) -> Option<u32> {
        let mut most = 0;
        if let Some(Value::Object(properties)) = schema.get("properties") {
            for name in list(schema, "required").iter().filter_map(Value::as_str) {
                if let Some(property) = properties.get(name) {
                    most = most.max(self.of_schema(property)?);
                }
            }
        }
        let has = |keyword| schema.get(keyword).and_then(Value::as_u64).unwrap_or(0) > 0;
        if has("minItems") {
            let items = list(schema, "prefixItems")
                .iter()
                .chain(schema.get("items"));
            for item in items {
                most = most.max(self.of_schema(item).unwrap_or(u32::MAX));
            }
        }
        if has("minProperties")
            && let Some(values) = schema.get("additionalProperties")
        {
            most = most.max(self.of_schema(values)?);
        }
        Some(most)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn smallest_values_are_found() {
        let event = json!({ "$defs": {
            "List": { "anyOf": [{ "type": "null" }, { "$ref": "#/$defs/Pair" }] },
            "Pair": { "properties": { "a": { "$ref": "#/$defs/List" } }, "required": ["a"] },
            "Endless": { "properties": { "a": { "$ref": "#/$defs/Endless" } }, "required": ["a"] },
            "Tree": { "properties": { "a": { "items": { "$ref": "#/$defs/Tree" } } }, "required": ["a"] },
            "Never": { "anyOf": [] },
            "Full": { "minItems": 1, "items": false },
            "HasFull": { "properties": { "a": { "$ref": "#/$defs/Full" } }, "required": ["a"] },
        } });
        let depths = MinDepths::of(Definitions::of(&event));
        let found: Vec<_> = depths.0.into_iter().collect();
        let huge = u32::MAX;
        let expected = [
            ("Full", huge),
            ("HasFull", huge),
            ("List", 1),
            ("Pair", 2),
            ("Tree", 1),
        ];
        assert_eq!(found, expected);
    }
}
