//! Converts JSON Schemas to TypeScript types.
//!
//! A type covers names and kinds of values, and omits what TypeScript cannot express: bounds,
//! lengths, patterns, `not`, `if`. Every value that the schema accepts has the type, with one
//! exception: a schema without `additionalProperties` accepts undeclared properties and the type
//! does not, so that TypeScript reports misspelled names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::print;
use super::types::{Alternative, Docs, Member, Type};
use crate::exporters::model::Names;
use crate::reference::definition_name;
use crate::walk::{has_type, list};

/// The longest array of fixed length that becomes a tuple.
const LONGEST_TUPLE: usize = 16;

/// Converts the schemas of one event to types.
pub(super) struct Converter<'a> {
    /// The definitions of the event.
    definitions: Option<&'a Map<String, Value>>,
    /// The names of the definitions in the module.
    names: &'a Names,
    /// The definitions being converted that are not separated by an object, list or tuple.
    under_way: Vec<String>,
}

impl<'a> Converter<'a> {
    pub(super) fn new(event: &'a Value, names: &'a Names) -> Self {
        Self {
            definitions: event.get("$defs").and_then(Value::as_object),
            names,
            under_way: Vec::new(),
        }
    }

    /// The type of event data, which is always an object.
    pub(super) fn data(&mut self, schema: &Value) -> Type {
        match self.convert(schema) {
            unknown if unknown == Type::unknown() => Type::map_of(unknown),
            data => data,
        }
    }

    /// The type of the definition with this name in the module.
    pub(super) fn definition(&mut self, name: &str, schema: &Value) -> Type {
        let own = self.names.iter().find(|(_, known)| *known == name);
        self.under_way = own.map(|(own, _)| own.clone()).into_iter().collect();
        self.convert(schema)
    }

    fn convert(&mut self, schema: &Value) -> Type {
        let schema = match schema {
            Value::Bool(false) => return Type::never(),
            Value::Object(schema) => schema,
            _ => return Type::unknown(),
        };
        let own = self.own(schema);
        let is_object = matches!(own, Some(Type::Object { .. } | Type::Intersection(_)));
        let mut parts: Vec<Type> = own.into_iter().collect();
        if schema.contains_key("$ref") {
            parts.push(self.reference(schema));
        }
        let all_of = list(schema, "allOf").iter();
        parts.extend(all_of.map(|schema| self.convert(schema)));
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(any_of)) = schema.get(keyword) {
                let alternatives = any_of.iter().map(|schema| Alternative {
                    docs: docs(schema),
                    of: match self.convert(schema) {
                        // If nothing more is known about an object, keep what is known.
                        unknown if is_object && unknown == Type::unknown() => Type::empty_object(),
                        known => known,
                    },
                });
                parts.push(Type::union(alternatives));
            }
        }
        Type::intersection(parts)
    }

    /// The type of a schema without the schemas that it combines.
    fn own(&mut self, schema: &Map<String, Value>) -> Option<Type> {
        if let Some(value) = schema.get("const") {
            return Some(literal(value));
        }
        if let Some(Value::Array(values)) = schema.get("enum") {
            return Some(Type::union(
                values.iter().map(|value| literal(value).into()),
            ));
        }
        let has = |keywords: &[&str]| keywords.iter().any(|key| schema.contains_key(*key));
        match schema.get("type") {
            Some(Value::String(name)) => Some(self.of_kind(name, schema)),
            Some(Value::Array(names)) => {
                let names = names.iter().filter_map(Value::as_str);
                Some(Type::union(
                    names.map(|name| self.of_kind(name, schema).into()),
                ))
            }
            _ if has(&[
                "properties",
                "required",
                "additionalProperties",
                "patternProperties",
            ]) =>
            {
                Some(self.object(schema))
            }
            _ if has(&["items", "prefixItems"]) => Some(self.array(schema)),
            _ => None,
        }
    }

    fn of_kind(&mut self, kind: &str, schema: &Map<String, Value>) -> Type {
        match kind {
            "array" => self.array(schema),
            "object" => self.object(schema),
            "integer" | "number" => Type::word("number"),
            "boolean" | "null" | "string" => Type::word(kind),
            _ => Type::unknown(),
        }
    }

    fn array(&mut self, schema: &Map<String, Value>) -> Type {
        let count = |keyword| {
            let count = schema.get(keyword).and_then(Value::as_u64);
            count.map(|count| usize::try_from(count).unwrap_or(usize::MAX))
        };
        let least = count("minItems").unwrap_or(0);
        let most = count("maxItems").unwrap_or(usize::MAX);
        let mut items: Vec<_> = list(schema, "prefixItems")
            .iter()
            .take(most)
            .map(|schema| self.nested(schema))
            .collect();
        let more = match schema.get("items") {
            Some(Value::Bool(false)) => None,
            Some(schema) => Some(self.nested(schema)),
            None => Some(Type::unknown()),
        };
        let more = more.filter(|_| items.len() < most);
        if let Some(more) = &more
            && least == most
            && most <= LONGEST_TUPLE
        {
            items.resize(most, more.clone());
        }
        match more {
            Some(more) if items.is_empty() && most > 0 => Type::Array(Box::new(more)),
            more => Type::Tuple {
                required: least.min(items.len()),
                rest: more.filter(|_| items.len() < most).map(Box::new),
                items,
            },
        }
    }

    fn object(&mut self, schema: &Map<String, Value>) -> Type {
        let required = list(schema, "required").iter();
        let required: BTreeSet<&str> = required.filter_map(Value::as_str).collect();
        let index = self.index(schema);
        let mut members = BTreeMap::new();
        if let Some(Value::Object(properties)) = schema.get("properties") {
            for (name, schema) in properties {
                members.insert(name.as_str(), (docs(schema), self.nested(schema)));
            }
        }
        for name in &required {
            members.entry(name).or_insert_with(|| {
                let of = index.clone().unwrap_or_else(Type::unknown);
                (Docs::default(), of)
            });
        }
        let members: Vec<_> = members
            .into_iter()
            .map(|(name, (docs, of))| Member {
                docs,
                name: name.to_owned(),
                optional: !required.contains(name),
                of,
            })
            .collect();
        // An index signature applies to all properties of its object type. If their types differ,
        // it needs an object type of its own: reading a property of the intersection gives both.
        match index {
            Some(index)
                if index != Type::unknown()
                    && members
                        .iter()
                        .any(|member| member.of != index || member.optional) =>
            {
                let named = Type::Object {
                    members,
                    index: None,
                };
                Type::intersection([named, Type::map_of(index)])
            }
            index => Type::Object {
                members,
                index: index.map(Box::new),
            },
        }
    }

    /// The type of properties that the schema does not name.
    fn index(&mut self, schema: &Map<String, Value>) -> Option<Type> {
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let mut types: Vec<Alternative> = patterns
            .into_iter()
            .flat_map(Map::values)
            .map(|schema| self.nested(schema).into())
            .collect();
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            match schema.get(keyword) {
                None | Some(Value::Bool(false)) => {}
                Some(schema) => types.push(self.nested(schema).into()),
            }
        }
        // Sort the types, because patterns have no order.
        types.sort_by_cached_key(|alternative| print::of(&alternative.of, 0));
        (!types.is_empty()).then(|| Type::union(types))
    }

    /// Converts a schema inside an object, list or tuple.
    fn nested(&mut self, schema: &Value) -> Type {
        let under_way = std::mem::take(&mut self.under_way);
        let nested = self.convert(schema);
        self.under_way = under_way;
        nested
    }

    /// The type of the definition that a schema refers to.
    fn reference(&mut self, schema: &Map<String, Value>) -> Type {
        let name = definition_name(schema);
        let in_module = name.and_then(|name| Some((self.names.get(&name)?, name)));
        let Some((in_module, name)) = in_module else {
            return Type::unknown();
        };
        // TypeScript rejects a type that directly contains itself. The recursive alternative adds no
        // values, so it can be left out.
        if self.under_way.contains(&name) {
            return Type::never();
        }
        if self.leads_back(&name)
            && let Some(schema) = self.definitions.and_then(|all| all.get(&name))
        {
            self.under_way.push(name);
            let inline = self.convert(schema);
            self.under_way.pop();
            return inline;
        }
        Type::word(in_module)
    }

    /// Whether a definition refers directly to one that is being converted.
    fn leads_back(&self, name: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![name.to_owned()];
        while let Some(name) = open.pop() {
            if self.under_way.contains(&name) {
                return true;
            }
            if let Some(schema) = self.definitions.and_then(|all| all.get(&name)) {
                let next = combined(schema).into_iter();
                open.extend(next.filter(|name| seen.insert(name.clone())));
            }
        }
        false
    }
}

/// The definitions that a schema combines with its own keywords.
fn combined(schema: &Value) -> Vec<String> {
    let Value::Object(schema) = schema else {
        return Vec::new();
    };
    let schemas = ["allOf", "anyOf", "oneOf"].map(|keyword| list(schema, keyword));
    let inner = schemas.into_iter().flatten().flat_map(combined);
    definition_name(schema).into_iter().chain(inner).collect()
}

/// The type with exactly this value.
fn literal(value: &Value) -> Type {
    match value {
        Value::Array(items) => Type::Tuple {
            items: items.iter().map(literal).collect(),
            required: items.len(),
            rest: None,
        },
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().collect();
            let members = members.into_iter().map(|(name, value)| Member {
                docs: Docs::default(),
                name: name.clone(),
                optional: false,
                of: literal(value),
            });
            Type::Object {
                members: members.collect(),
                index: None,
            }
        }
        Value::String(text) => Type::Word(print::string(text)),
        plain => Type::Word(plain.to_string()),
    }
}

/// The doc comment of a schema.
pub(super) fn docs(schema: &Value) -> Docs {
    let text = schema.get("description").and_then(Value::as_str);
    let mut tags = Vec::new();
    if schema.get("deprecated").and_then(Value::as_bool) == Some(true) {
        tags.push("@deprecated".to_owned());
    }
    if let Some(Value::String(format)) = schema.get("format")
        && schema
            .as_object()
            .is_some_and(|schema| has_type(schema, "string"))
    {
        tags.push(format!("@format {format}"));
    }
    Docs {
        text: text.map(str::to_owned),
        tags,
    }
}
