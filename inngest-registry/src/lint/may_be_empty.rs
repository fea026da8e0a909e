//! Finds the placeholders of an id template whose text may be empty.

use std::collections::{HashMap, HashSet};
use std::ptr;

use inngest_grammar::template::Template;
use serde_json::{Map, Value};

use crate::compat::pattern;
use crate::reference::definition_name;
use crate::walk::{has_type, list};

/// How many references and alternatives may be nested. A schema can refer to itself.
const MAX_NESTING: usize = 32;

/// The formats that accept the empty text.
const FORMATS_WITH_EMPTY: [&str; 5] = [
    "iri-reference",
    "json-pointer",
    "regex",
    "uri-reference",
    "uri-template",
];

/// The placeholders whose schema is a string that may be empty.
pub(super) fn placeholders(template: &str, schema: &Value) -> Vec<String> {
    let Ok(template) = Template::parse(template) else {
        return Vec::new();
    };
    let schemas = Schemas { root: schema };
    template
        .placeholders()
        .filter(|placeholder| {
            let field = schemas.field(placeholder.segments());
            field.is_some_and(|field| schemas.may_be_empty(field))
        })
        .map(|placeholder| placeholder.path().to_owned())
        .collect()
}

struct Schemas<'a> {
    root: &'a Value,
}

impl<'a> Schemas<'a> {
    /// The schema of a field of the data.
    fn field<'p>(&self, path: impl Iterator<Item = &'p str>) -> Option<&'a Value> {
        let mut schema = self.root.pointer("/properties/data")?;
        for segment in path {
            schema = self.member(schema, segment)?;
        }
        Some(schema)
    }

    fn member(&self, schema: &'a Value, name: &str) -> Option<&'a Value> {
        let mut schema = schema;
        for _ in 0..MAX_NESTING {
            let Some(target) = self.target(schema.as_object()?) else {
                break;
            };
            schema = target;
        }
        let object = schema.as_object()?;
        if let Some(Value::Object(properties)) = object.get("properties") {
            return property(properties, name);
        }
        let index: usize = name.parse().ok()?;
        match object.get("prefixItems") {
            Some(items) => items.get(index),
            // serde writes a newtype as its only field.
            None => (index == 0).then_some(schema),
        }
    }

    fn target(&self, schema: &Map<String, Value>) -> Option<&'a Value> {
        let definitions: &'a Value = self.root.get("$defs")?;
        definitions.get(definition_name(schema)?)
    }

    fn may_be_empty(&self, schema: &'a Value) -> bool {
        self.is_text(schema, 0, &mut HashSet::new())
            && self.accepts_empty(schema, 0, &mut HashMap::new())
    }

    /// Whether the schema says that the value is text, or one of several kinds of text.
    fn is_text(&self, schema: &'a Value, nesting: usize, seen: &mut HashSet<Id>) -> bool {
        let is_new = nesting < MAX_NESTING && seen.insert(ptr::from_ref(schema));
        let Some(schema) = schema.as_object().filter(|_| is_new) else {
            return false;
        };
        let combined = ["allOf", "anyOf", "oneOf"];
        let combined = combined.iter().flat_map(|keyword| list(schema, keyword));
        has_type(schema, "string")
            || self
                .target(schema)
                .into_iter()
                .chain(combined)
                .any(|inner| self.is_text(inner, nesting + 1, seen))
    }

    /// Whether the schema accepts the empty text. Keywords that this function does not know are assumed to
    /// accept it, and so is a schema inside itself. `known` has the schemas that were checked before.
    fn accepts_empty(
        &self,
        schema: &'a Value,
        nesting: usize,
        known: &mut HashMap<Id, bool>,
    ) -> bool {
        let id = ptr::from_ref(schema);
        let Some(schema) = schema.as_object().filter(|_| nesting < MAX_NESTING) else {
            return schema != &Value::Bool(false);
        };
        if let Some(known) = known.get(&id) {
            return *known;
        }
        known.insert(id, true);
        let accepts = self.meets(schema, |inner| {
            self.accepts_empty(inner, nesting + 1, known)
        });
        known.insert(id, accepts);
        accepts
    }

    /// Whether the empty text meets all keywords. `accepts` tells whether an inner schema accepts it.
    fn meets(
        &self,
        schema: &'a Map<String, Value>,
        mut accepts: impl FnMut(&'a Value) -> bool,
    ) -> bool {
        let empty = Value::from("");
        let text = |keyword| schema.get(keyword).and_then(Value::as_str);
        (!schema.contains_key("type") || has_type(schema, "string"))
            && schema
                .get("minLength")
                .and_then(Value::as_f64)
                .is_none_or(|length| length <= 0.0)
            && schema
                .get("enum")
                .is_none_or(|_| list(schema, "enum").contains(&empty))
            && schema.get("const").is_none_or(|value| *value == empty)
            && text("format").is_none_or(|format| FORMATS_WITH_EMPTY.contains(&format))
            // A pattern that cannot be read is assumed to exclude the empty text.
            && text("pattern")
                .is_none_or(|text| pattern::compile(text).is_some_and(|regex| regex.is_match("")))
            && self.target(schema).is_none_or(&mut accepts)
            && list(schema, "allOf").iter().all(&mut accepts)
            && ["anyOf", "oneOf"].iter().all(|keyword| {
                let alternatives = list(schema, keyword);
                alternatives.is_empty() || alternatives.iter().any(&mut accepts)
            })
            && schema.get("not").is_none_or(|inner| !accepts(inner))
    }
}

/// A schema's address.
type Id = *const Value;

/// The property of a field. Templates use Rust names, and `#[serde(rename_all)]` changes the case of
/// the property, so a name that differs only in case and `_` or `-` is the same.
fn property<'a>(properties: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(exact) = properties.get(name) {
        return Some(exact);
    }
    let plain = |name: &str| -> String {
        let letters = name.chars().filter(|c| !matches!(c, '_' | '-'));
        letters.flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(name);
    let mut same = properties.iter().filter(|(name, _)| plain(name) == wanted);
    let (first, another) = (same.next(), same.next());
    first
        .filter(|_| another.is_none())
        .map(|(_, schema)| schema)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(template: &str, data: &Value) -> Vec<String> {
        let schema = json!({
            "properties": { "data": data },
            "$defs": {
                "Text": { "type": "string" },
                "Sku": { "$ref": "#/$defs/Checked" },
                "Checked": { "type": "string", "minLength": 1 },
                "Account": { "properties": { "region": { "$ref": "#/$defs/Text" } } },
                "Loop": { "$ref": "#/$defs/Loop" },
            },
        });
        placeholders(template, &schema)
    }

    #[test]
    fn texts_that_may_be_empty_are_found() {
        for (field, is_found) in [
            (json!({ "type": "string" }), true),
            (json!({ "type": ["string", "null"] }), true),
            (json!({ "type": "string", "minLength": 0 }), true),
            (json!({ "type": "string", "maxLength": 3 }), true),
            (json!({ "type": "string", "pattern": "^[a-z]*$" }), true),
            (json!({ "type": "string", "enum": ["", "a"] }), true),
            (json!({ "type": "string", "format": "uri-reference" }), true),
            (json!({ "$ref": "#/$defs/Text" }), true),
            (
                json!({ "anyOf": [{ "type": "integer" }, { "type": "string" }] }),
                true,
            ),
            (json!({ "allOf": [{ "$ref": "#/$defs/Text" }] }), true),
            (json!({ "type": "string", "minLength": 1 }), false),
            (json!({ "type": "string", "pattern": "^[a-z]+$" }), false),
            (json!({ "type": "string", "pattern": "^(?!x)$" }), false),
            (json!({ "type": "string", "format": "uuid" }), false),
            (json!({ "type": "string", "enum": ["a", "b"] }), false),
            (json!({ "type": "string", "const": "a" }), false),
            (json!({ "type": "string", "not": { "const": "" } }), false),
            (
                json!({ "oneOf": [{ "type": "string", "const": "a" }, { "type": "string", "const": "b" }] }),
                false,
            ),
            (
                json!({ "allOf": [{ "$ref": "#/$defs/Text" }, { "minLength": 2 }] }),
                false,
            ),
            (json!({ "$ref": "#/$defs/Text", "minLength": 1 }), false),
            (json!({ "$ref": "#/$defs/Sku" }), false),
            (json!({ "$ref": "#/$defs/Loop" }), false),
            (json!({ "$ref": "#/$defs/Missing" }), false),
            (json!({ "type": "integer" }), false),
            (json!({ "type": "boolean" }), false),
            (json!({}), false),
            (json!(true), false),
        ] {
            let data = json!({ "properties": { "key": field } });
            let expected: &[&str] = if is_found { &["key"] } else { &[] };
            assert_eq!(found("a-{key}", &data), expected, "{data}");
        }
    }

    /// The number of paths through the references grows with each definition.
    #[test]
    fn many_paths_are_not_many_steps() {
        let name = |index: usize| format!("#/$defs/{index}");
        let mut definitions: Map<String, Value> = (0..15)
            .map(|index| {
                let next = json!({ "$ref": name(index + 1) });
                (index.to_string(), json!({ "anyOf": vec![next; 8] }))
            })
            .collect();
        for (last, is_found) in [("string", true), ("integer", false)] {
            definitions.insert("15".to_owned(), json!({ "type": last }));
            let data = json!({ "properties": { "key": { "$ref": name(0) } } });
            let schema = json!({ "properties": { "data": data }, "$defs": definitions });
            assert_eq!(
                placeholders("a-{key}", &schema).len(),
                usize::from(is_found)
            );
        }
    }

    #[test]
    fn placeholders_resolve_to_fields() {
        let data = json!({ "properties": {
            "account": { "$ref": "#/$defs/Account" },
            "itemId": { "type": "string" },
            "pair": { "prefixItems": [{ "type": "integer" }, { "type": "string" }] },
            "newtype": { "$ref": "#/$defs/Text" },
            "other": { "type": "string" },
            "loop": { "$ref": "#/$defs/Loop" },
        } });
        let template = "{{other}}-{account.region}:{item_id}:{pair.0}:{pair.1}:{newtype.0}:\
                        {newtype.1}:{renamed}:{loop.x}";
        assert_eq!(
            found(template, &data),
            ["account.region", "item_id", "pair.1", "newtype.0"]
        );
        assert!(found("{", &data).is_empty());
    }
}
