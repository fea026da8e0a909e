//! Describes types in words, as HTML.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::schema::{Definitions, Variant, alternatives, properties, values};
use crate::exporters::html::code;
use crate::walk::list;

/// The maximum number of schemas that one description covers. Without a limit, enums that contain each
/// other would never end.
const LONGEST: usize = 40;

/// How many values or variants of an enum a description lists.
const LISTED: usize = 24;

/// The type of a schema: "text", "list of whole numbers", "one of `a`, `b`".
pub(super) fn kind<'a>(definitions: Definitions<'a>, schema: &'a Value) -> String {
    let mut words = Words {
        definitions,
        around: BTreeSet::new(),
        described: 0,
    };
    words.of(schema).one
}

struct Words<'a> {
    definitions: Definitions<'a>,
    /// The definitions that are being described.
    around: BTreeSet<&'a str>,
    /// How many schemas were described.
    described: usize,
}

/// A type, for one value and for several.
struct Kind {
    one: String,
    several: String,
}

impl Kind {
    fn new(one: &str, several: &str) -> Self {
        Self {
            one: one.to_owned(),
            several: several.to_owned(),
        }
    }

    /// A type without a plural.
    fn phrase(one: String) -> Self {
        Self {
            several: format!("values, each {one}"),
            one,
        }
    }
}

impl<'a> Words<'a> {
    fn of(&mut self, schema: &'a Value) -> Kind {
        self.described += 1;
        if self.described > LONGEST {
            return Kind::new("…", "…");
        }
        let (chain, names) = self.definitions.named_chain(schema);
        let repeats = names.iter().any(|name| self.around.contains(name));
        let kind = if repeats {
            Kind::new("the same again", "the same again")
        } else {
            self.around.extend(&names);
            let kind = self.own(schema, &chain);
            self.around.retain(|name| !names.contains(name));
            kind
        };
        if self.definitions.accepts_null(schema)
            && !repeats
            && kind.one != "null"
            && kind.one != "anything"
        {
            return Kind::phrase(format!("{} or null", kind.one));
        }
        kind
    }

    fn own(&mut self, schema: &'a Value, chain: &[&'a Map<String, Value>]) -> Kind {
        if *schema == Value::Bool(false) {
            return Kind::new("never there", "values that are never there");
        }
        let find = |keyword| chain.iter().find_map(|schema| schema.get(keyword));
        if let Some(value) = find("const") {
            return Kind::phrase(literal(value));
        }
        if let Some(Value::Array(all)) = find("enum") {
            return one_of(all);
        }
        if let Some(innermost) = chain.last() {
            let branches = alternatives(innermost);
            // The alternatives of a string, such as two formats, are bounds.
            let is_plain = matches!(
                find("type").and_then(Value::as_str),
                Some("string" | "integer" | "number")
            );
            let lists_values = branches.iter().all(|schema| constant(schema).is_some());
            if branches.len() > 1 && (lists_values || !is_plain) {
                return self.union(&branches);
            }
        }
        let has = |keyword| find(keyword).is_some();
        match find("type") {
            Some(Value::Array(names)) => {
                let kinds: Vec<_> = names
                    .iter()
                    .filter_map(Value::as_str)
                    .filter(|name| *name != "null")
                    .map(|name| self.typed(name, chain))
                    .collect();
                match <[Kind; 1]>::try_from(kinds) {
                    Ok([only]) => only,
                    Err(kinds) if kinds.is_empty() => Kind::new("null", "nulls"),
                    Err(kinds) => {
                        let kinds: Vec<_> = kinds.into_iter().map(|kind| kind.one).collect();
                        Kind::phrase(kinds.join(" or "))
                    }
                }
            }
            Some(Value::String(name)) => self.typed(name, chain),
            _ if has("properties") || has("additionalProperties") => self.typed("object", chain),
            _ if has("items") || has("prefixItems") => self.typed("array", chain),
            // Several schemas that must all hold.
            _ if has("allOf") => Kind::new("object", "objects"),
            _ => Kind::new("anything", "values of any type"),
        }
    }

    fn typed(&mut self, name: &str, chain: &[&'a Map<String, Value>]) -> Kind {
        match name {
            "string" => Kind::new("text", "texts"),
            "integer" => Kind::new("whole number", "whole numbers"),
            "number" => Kind::new("number", "numbers"),
            "boolean" => Kind::new("true or false", "values, each true or false"),
            "null" => Kind::new("null", "nulls"),
            "array" => self.array(chain),
            "object" => self.object(chain),
            other => Kind::phrase(code(other)),
        }
    }

    fn array(&mut self, chain: &[&'a Map<String, Value>]) -> Kind {
        let first = chain
            .iter()
            .find(|schema| schema.contains_key("items") || schema.contains_key("prefixItems"));
        let Some(schema) = first else {
            return Kind::new("list", "lists");
        };
        let items = list(schema, "prefixItems");
        if !items.is_empty() {
            let items: Vec<_> = items.iter().map(|item| self.of(item).one).collect();
            let one = format!("list of exactly {}: {}", items.len(), items.join(", "));
            return Kind::phrase(one);
        }
        match schema.get("items") {
            Some(Value::Bool(false)) => Kind::new("empty list", "empty lists"),
            Some(item) => {
                let several = self.of(item).several;
                Kind::new(
                    &format!("list of {several}"),
                    &format!("lists of {several}"),
                )
            }
            None => Kind::new("list", "lists"),
        }
    }

    fn object(&mut self, chain: &[&'a Map<String, Value>]) -> Kind {
        let declares = chain.iter().any(|schema| !properties(schema).is_empty());
        let values = chain.iter().find_map(|schema| values(schema));
        match values.filter(|_| !declares) {
            Some(schema) => {
                let several = self.of(schema).several;
                Kind::new(
                    &format!("object with any names for {several}"),
                    &format!("objects with any names for {several}"),
                )
            }
            None => Kind::new("object", "objects"),
        }
    }

    /// The variants of an enum, or other alternatives.
    fn union(&mut self, branches: &[&'a Value]) -> Kind {
        let values: Option<Vec<_>> = branches.iter().map(|schema| constant(schema)).collect();
        if let Some(values) = values {
            let values: Vec<_> = values.into_iter().flatten().collect();
            return one_of(values);
        }
        let mut shown: Vec<String> = Vec::new();
        for schema in branches {
            let words = match constant(schema) {
                Some(values) => {
                    let values: Vec<_> = values.into_iter().map(literal).collect();
                    values.join(", ")
                }
                None => match Variant::of(self.definitions, schema) {
                    Variant::Tag(_, name) | Variant::Wrapper(name) => code(name),
                    Variant::Named(_) => self.of(schema).one,
                },
            };
            if !shown.contains(&words) {
                shown.push(words);
            }
        }
        let are_names = branches.iter().all(|schema| {
            let variant = Variant::of(self.definitions, schema);
            constant(schema).is_some() || !matches!(variant, Variant::Named(_))
        });
        match shown.as_slice() {
            [only] => Kind::phrase(only.clone()),
            _ if are_names => Kind::phrase(format!("one of {}", listed(&shown))),
            _ => Kind::phrase(shown.join(", or ")),
        }
    }
}

/// The values of a schema that lists them.
pub(super) fn constant(schema: &Value) -> Option<Vec<&Value>> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(value), _) => Some(vec![value]),
        (None, Some(Value::Array(values))) => Some(values.iter().collect()),
        _ => None,
    }
}

/// The type of a property with these values.
pub(super) fn one_of_texts(values: &[&str]) -> String {
    let values: Vec<_> = values.iter().map(|value| Value::from(*value)).collect();
    one_of(&values).one
}

fn one_of<'v>(values: impl IntoIterator<Item = &'v Value>) -> Kind {
    let values = values.into_iter().filter(|value| !value.is_null());
    let values: Vec<_> = values.map(literal).collect();
    match values.as_slice() {
        [only] => Kind::phrase(only.clone()),
        values => Kind::phrase(format!("one of {}", listed(values))),
    }
}

fn listed(words: &[String]) -> String {
    let shown: Vec<_> = words.iter().take(LISTED).map(String::as_str).collect();
    match words.len().saturating_sub(LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A value as JSON, but a string without quotation marks.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() => code(text),
        other => code(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_become_words() {
        for (schema, expected) in [
            (json!(true), "anything"),
            (json!(false), "never there"),
            (json!({ "type": "string" }), "text"),
            (
                json!({ "type": ["integer", "null"] }),
                "whole number or null",
            ),
            (
                json!({ "type": ["string", "boolean"] }),
                "text or true or false",
            ),
            (json!({ "const": "<a>" }), "<code>&lt;a&gt;</code>"),
            (
                json!({ "enum": ["a", null, 1] }),
                "one of <code>a</code>, <code>1</code> or null",
            ),
            (
                json!({ "oneOf": [{ "const": "a" }, { "enum": ["b", ""] }] }),
                "one of <code>a</code>, <code>b</code>, <code>&quot;&quot;</code>",
            ),
            (json!({ "items": { "type": "string" } }), "list of texts"),
            (
                json!({ "items": { "items": { "type": "integer" } } }),
                "list of lists of whole numbers",
            ),
            (
                json!({ "items": { "type": ["string", "null"] } }),
                "list of values, each text or null",
            ),
            (
                json!({ "prefixItems": [{ "type": "number" }, { "type": "string" }] }),
                "list of exactly 2: number, text",
            ),
            (
                json!({ "additionalProperties": { "type": "integer" } }),
                "object with any names for whole numbers",
            ),
            (
                json!({ "anyOf": [{ "$ref": "#/$defs/A" }, { "type": "null" }] }),
                "object or null",
            ),
            (
                json!({ "oneOf": [
                    { "properties": { "kind": { "const": "card" } }, "required": ["kind"] },
                    { "properties": { "bank": { "type": "string" } }, "required": ["bank"] },
                    { "const": "cash" },
                ] }),
                "one of <code>card</code>, <code>bank</code>, <code>cash</code>",
            ),
            (
                json!({ "type": "string", "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }] }),
                "text",
            ),
            (json!({ "$ref": "#/$defs/Own" }), "list of the same again"),
        ] {
            let event = json!({ "$defs": {
                "A": { "properties": { "a": {} } },
                "Own": { "type": "array", "items": { "$ref": "#/$defs/Own" } },
            } });
            assert_eq!(kind(Definitions::of(&event), &schema), expected, "{schema}");
        }
    }
}
