//! Finds the parts of an event's schema that a reader of the page sees.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::reference::definition_name;
use crate::walk::{has_type, list};

/// The definitions of an event.
#[derive(Clone, Copy)]
pub(super) struct Definitions<'a>(Option<&'a Map<String, Value>>);

impl<'a> Definitions<'a> {
    pub(super) fn of(event: &'a Value) -> Self {
        Self(event.get("$defs").and_then(Value::as_object))
    }

    pub(super) fn iter(self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let all = self.0.into_iter().flatten();
        all.map(|(name, schema)| (name.as_str(), schema))
    }

    /// The definition that a schema refers to, with its name.
    pub(super) fn target(self, schema: &Map<String, Value>) -> Option<(&'a str, &'a Value)> {
        let name = definition_name(schema)?;
        let (name, schema) = self.0?.get_key_value(&name)?;
        Some((name, schema))
    }

    /// The schema and the schemas that it merely wraps: the target of its reference, its only
    /// alternative other than `null`, and the only schema that it combines.
    pub(super) fn chain(self, schema: &'a Value) -> Vec<&'a Map<String, Value>> {
        self.named_chain(schema).0
    }

    /// Like [`chain`](Self::chain), with the names of the definitions in the chain.
    pub(super) fn named_chain(
        self,
        schema: &'a Value,
    ) -> (Vec<&'a Map<String, Value>>, BTreeSet<&'a str>) {
        let mut chain = Vec::new();
        let mut seen = BTreeSet::new();
        let mut next = schema.as_object();
        while let Some(schema) = next {
            chain.push(schema);
            let target = self.target(schema);
            let target = target.filter(|(name, _)| seen.insert(*name));
            let inner = target.map(|(_, schema)| schema).or_else(|| {
                let alternatives = alternatives(schema);
                match (alternatives.as_slice(), list(schema, "allOf")) {
                    ([only], []) => Some(*only),
                    ([], [only]) => Some(only),
                    _ => None,
                }
            });
            next = inner.and_then(Value::as_object);
        }
        (chain, seen)
    }

    /// Whether the schema accepts `null` by its type, in an alternative or through a reference.
    pub(super) fn accepts_null(self, schema: &'a Value) -> bool {
        self.chain(schema).iter().any(|schema| {
            has_type(schema, "null")
                || list(schema, "enum").contains(&Value::Null)
                || list(schema, "anyOf").iter().any(is_null)
                || list(schema, "oneOf").iter().any(is_null)
        })
    }
}

/// The alternatives of a schema without `null`.
pub(super) fn alternatives(schema: &Map<String, Value>) -> Vec<&Value> {
    let all = list(schema, "anyOf").iter().chain(list(schema, "oneOf"));
    all.filter(|schema| !is_null(schema)).collect()
}

/// Whether `null` is the only value.
pub(super) fn is_null(schema: &Value) -> bool {
    schema.get("type") == Some(&Value::from("null")) || schema.get("const") == Some(&Value::Null)
}

/// A declared property.
#[derive(Clone, Copy)]
pub(super) struct Property<'a> {
    pub(super) name: &'a str,
    pub(super) schema: &'a Value,
    pub(super) required: bool,
}

/// The declared properties of a schema: the required ones in the order of the type's fields, then the
/// others by name.
pub(super) fn properties(schema: &Map<String, Value>) -> Vec<Property<'_>> {
    let Some(Value::Object(declared)) = schema.get("properties") else {
        return Vec::new();
    };
    let required: Vec<&str> = list(schema, "required")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let mut properties: Vec<_> = declared
        .iter()
        .map(|(name, schema)| {
            let rank = required.iter().position(|known| known == name);
            (rank.unwrap_or(required.len()), name, schema)
        })
        .collect();
    properties.sort_by_key(|(rank, name, _)| (*rank, *name));
    properties
        .into_iter()
        .map(|(rank, name, schema)| Property {
            name,
            schema,
            required: rank < required.len(),
        })
        .collect()
}

/// The schema of the values of properties that an object does not declare.
pub(super) fn values(schema: &Map<String, Value>) -> Option<&Value> {
    let patterns = schema.get("patternProperties").and_then(Value::as_object);
    let pattern = patterns.and_then(|patterns| patterns.values().next());
    let others = ["additionalProperties", "unevaluatedProperties"]
        .iter()
        .find_map(|keyword| {
            schema
                .get(*keyword)
                .filter(|value| **value != Value::Bool(false))
        });
    pattern.or(others)
}

/// How a variant of an enum is recognized.
#[derive(Clone, Copy)]
pub(super) enum Variant<'a> {
    /// By the value of a property.
    Tag(&'a str, &'a str),
    /// By the name of its only property.
    Wrapper(&'a str),
    /// By neither. Its name, if it has one, does not occur in events.
    Named(Option<&'a str>),
}

impl<'a> Variant<'a> {
    pub(super) fn of(definitions: Definitions<'a>, branch: &'a Value) -> Self {
        let chain = definitions.chain(branch);
        let found: Vec<_> = chain.iter().flat_map(|schema| properties(schema)).collect();
        let tag = found.iter().filter(|property| property.required);
        let tag = tag.filter_map(|property| {
            let value = property.schema.get("const")?.as_str()?;
            Some((property.name, value))
        });
        if let Some((name, value)) = tag.min() {
            return Self::Tag(name, value);
        }
        if let [only] = found.as_slice()
            && only.required
        {
            return Self::Wrapper(only.name);
        }
        let title = branch.get("title").and_then(Value::as_str);
        let target = branch
            .as_object()
            .and_then(|branch| definitions.target(branch));
        Self::Named(title.or(target.map(|(name, _)| name)))
    }

    /// The name in the paths of reports.
    pub(super) fn name(&self) -> Option<&'a str> {
        match self {
            Self::Tag(_, name) | Self::Wrapper(name) => Some(name),
            Self::Named(name) => *name,
        }
    }
}
