//! A schema as a report shows it: values, variants or a type, and whether it may be `null`.

use serde_json::Value;

use super::case::Case;
use super::node::{Node, assertions};
use super::types::Types;

/// The most wrappers that are removed from a schema.
const MAX_WRAPPERS: usize = 32;

/// The schema inside wrappers that add nothing, such as a `$ref` by itself.
pub(super) fn unwrapped(mut node: Node<'_>) -> Node<'_> {
    for _ in 0..MAX_WRAPPERS {
        let mut keys = node.value.as_object().into_iter().flat_map(assertions);
        let inner = match (keys.next(), keys.next()) {
            (Some("$ref"), None) => node.target(),
            (Some(key @ ("allOf" | "anyOf" | "oneOf")), None) => {
                node.list(key).next().filter(|_| node.count(key) == 1)
            }
            _ => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

pub(super) struct View<'a> {
    pub(super) node: Node<'a>,
    pub(super) nullable: bool,
    /// The listed values, without `null`.
    pub(super) values: Option<Vec<&'a Value>>,
    /// The branches of a union of several, without `null`.
    pub(super) branches: Vec<Node<'a>>,
    /// The types, without `null` if there are others.
    pub(super) types: Types,
}

impl<'a> View<'a> {
    pub(super) fn of(node: Node<'a>) -> Self {
        Self::at(node, 0)
    }

    fn at(node: Node<'a>, depth: usize) -> Self {
        let node = unwrapped(node);
        let types = Case::of([node]).facts().types();
        let others = types.without(Types::NULL);
        let mut view = Self {
            node,
            nullable: types != Types::ALL && others != types && !others.is_empty(),
            values: node.listed().map(|values| values.iter().collect()),
            branches: Vec::new(),
            types: if others.is_empty() || types == Types::ALL {
                types
            } else {
                others
            },
        };
        if let Some(values) = &mut view.values {
            let all = values.len();
            values.retain(|value| all == 1 || !value.is_null());
            view.nullable = values.len() < all;
            return view;
        }
        let union = ["anyOf", "oneOf"].map(|key| node.list(key).collect::<Vec<_>>());
        let Some(union) = union.into_iter().find(|list| list.len() > 1) else {
            return view;
        };
        let is_null = |node: &Node<'a>| Types::of(unwrapped(*node)) == Types::NULL;
        let (null, branches): (Vec<_>, Vec<_>) = union.into_iter().partition(is_null);
        view.nullable |= !null.is_empty();
        if let ([only], true) = (branches.as_slice(), depth < MAX_WRAPPERS) {
            let inner = Self::at(*only, depth + 1);
            return Self {
                nullable: view.nullable || inner.nullable,
                ..inner
            };
        }
        let values: Option<Vec<_>> = branches.iter().map(|b| unwrapped(*b).listed()).collect();
        view.values = values.map(|lists| lists.into_iter().flatten().collect());
        if view.values.is_none() {
            view.branches = branches;
        }
        view
    }

    /// The kind of schema, in a few words.
    pub(super) fn kind(&self) -> String {
        if let Some(values) = &self.values {
            return match values.as_slice() {
                [only] => quoted(only),
                values => format!("one of {}", list(values)),
            };
        }
        if !self.branches.is_empty() {
            return "one of several variants".into();
        }
        if let (None, Some(unknown)) = (Types::declared(self.node), self.node.get("type")) {
            return quoted(unknown);
        }
        if self.types == Types::ALL {
            return "anything".into();
        }
        let facts = Case::of([self.node]).facts();
        let map = facts.declared().is_empty()
            && (facts.children("additionalProperties"))
                .any(|rest| rest.value.is_object() || rest.accepts_all());
        let tuple = facts.parts.iter().any(|part| !part.items().0.is_empty());
        let names: Vec<_> = self
            .types
            .split()
            .filter_map(|t| t.get("type")?.as_str())
            .map(|name| match name {
                "number" if self.types.and(Types::NUMBER) == Types::INTEGER => "integer",
                "object" if map => "map",
                "array" if tuple => "tuple",
                name => name,
            })
            .collect();
        names.join(" or ")
    }
}

/// A value as reports show it.
pub(super) fn quoted(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        Value::Number(number) => number.to_string(),
        value => format!("`{value}`"),
    }
}

fn list(values: &[&Value]) -> String {
    const SHOWN: usize = 6;
    let shown: Vec<_> = values
        .iter()
        .take(SHOWN)
        .map(|value| quoted(value))
        .collect();
    let rest = if values.len() > SHOWN { ", …" } else { "" };
    shown.join(", ") + rest
}
