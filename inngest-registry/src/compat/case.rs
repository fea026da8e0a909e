//! Cases: sets of values, described by the schemas that hold for them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::node::{Node, assertions};
use super::number::Decimal;
use super::types::Types;

/// The obstacle if something else is where a schema should be.
pub(super) const INVALID: &str = "an invalid schema";

/// Keywords with schemas for the same value.
const COMPOSED: [&str; 9] = [
    "$ref",
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "dependencies",
];

/// Identifies a case.
pub(super) type CaseKey = Vec<usize>;

/// All values that match every schema of one list and no schema of another.
#[derive(Clone, Debug, Default)]
pub(super) struct Case<'a> {
    all: Vec<Node<'a>>,
    none: Vec<Node<'a>>,
    /// The unions that have one branch in `all`.
    chosen: Vec<usize>,
    /// Whether other schemas may hold for the values too, and declare more properties.
    is_partial: bool,
}

impl<'a> Case<'a> {
    pub(super) fn of(nodes: impl IntoIterator<Item = Node<'a>>) -> Self {
        Self {
            all: nodes.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The case, if other schemas may hold for the values too.
    pub(super) fn partial(self, is_partial: bool) -> Self {
        let is_partial = self.is_partial || is_partial;
        Self { is_partial, ..self }
    }

    pub(super) fn with(&self, node: Node<'a>) -> Self {
        let mut case = self.clone();
        case.all.push(node);
        case
    }

    pub(super) fn nodes(&self) -> &[Node<'a>] {
        &self.all
    }

    /// The key of the case; equal cases have equal keys.
    pub(super) fn key(&self) -> CaseKey {
        let sorted = |nodes: &[Node<'_>]| nodes.iter().map(|n| n.id()).collect::<BTreeSet<_>>();
        let mut key: Vec<usize> = sorted(&self.all).into_iter().collect();
        key.push(0);
        key.extend(sorted(&self.none));
        key.push(usize::from(self.is_partial));
        key.extend(self.chosen.iter().copied().collect::<BTreeSet<_>>());
        key
    }

    /// Everything known about the values, with references and `allOf` resolved.
    pub(super) fn facts(&self) -> Facts<'a> {
        let mut facts = Facts {
            none: self.none.clone(),
            is_partial: self.is_partial,
            ..Facts::default()
        };
        let mut seen = BTreeSet::new();
        let mut open: Vec<Node<'a>> = self.all.iter().rev().copied().collect();
        while let Some(node) = open.pop() {
            if !seen.insert(node.id()) {
                continue;
            }
            match node.value {
                Value::Bool(true) => continue,
                Value::Object(_) if node.is_only_reference() => {}
                Value::Object(_) => facts.parts.push(node),
                Value::Bool(false) => {
                    facts.never = true;
                    continue;
                }
                _ => {
                    facts.vague = Some(INVALID);
                    continue;
                }
            }
            let target = node.target();
            if node.get("$ref").is_some() && target.is_none() {
                facts.vague = Some("$ref");
            }
            open.extend(target);
            if node.is_only_reference() {
                continue;
            }
            for key in ["$dynamicRef", "$recursiveRef"] {
                if node.get(key).is_some() {
                    facts.vague = Some(key);
                }
            }
            if Types::declared(node).is_none() {
                facts.vague = Some("type");
            }
            facts.required.extend(node.names("required"));
            open.extend(node.list("allOf"));
            facts.none.extend(node.child("not"));
            for key in ["anyOf", "oneOf"] {
                if node.count(key) == 1 {
                    open.extend(node.list(key));
                }
            }
        }
        facts
    }

    /// A union of several branches that holds for these values: the schema, and `anyOf` or `oneOf`.
    pub(super) fn union(&self, facts: &Facts<'a>) -> Option<(Node<'a>, &'static str)> {
        let unions = facts
            .parts
            .iter()
            .flat_map(|part| ["anyOf", "oneOf"].map(|key| (*part, key)));
        let is_open = |list: Node<'a>| !self.chosen.contains(&list.id());
        let mut unions = unions.filter(|(part, key)| part.count(key) > 1);
        unions.find(|(part, key)| part.child(key).is_some_and(is_open))
    }

    /// The part of the case where one branch of a union holds and the schemas in `none` do not.
    pub(super) fn choose(
        &self,
        (union, key): (Node<'a>, &str),
        branch: Node<'a>,
        none: Vec<Node<'a>>,
    ) -> Self {
        let mut case = self.with(branch);
        case.chosen.extend(union.child(key).map(Node::id));
        case.none.extend(none);
        case
    }
}

/// Everything known about the values of a [`Case`].
#[derive(Clone, Debug, Default)]
pub(super) struct Facts<'a> {
    /// The schemas that hold, including the targets of their `$ref` and `allOf`.
    pub(super) parts: Vec<Node<'a>>,
    /// The schemas that do not hold.
    pub(super) none: Vec<Node<'a>>,
    /// The names of the properties that are always present.
    pub(super) required: BTreeSet<&'a str>,
    /// Whether no value matches.
    pub(super) never: bool,
    /// A keyword that hides some of what holds.
    pub(super) vague: Option<&'static str>,
    /// Whether other schemas may hold too.
    pub(super) is_partial: bool,
}

impl<'a> Facts<'a> {
    pub(super) fn types(&self) -> Types {
        let mut types = self.parts.iter().fold(Types::ALL, |types, part| {
            let own = types.and(Types::of(*part));
            match part.get("multipleOf").and_then(Decimal::of) {
                Some(unit) if unit.is_integer() => own.without(Types::FRACTION),
                _ => own,
            }
        });
        for none in &self.none {
            let only_type = none
                .value
                .as_object()
                .is_some_and(|map| assertions(map).all(|key| key == "type"));
            if let Some(refused) = Types::declared(*none).filter(|_| only_type) {
                types = types.without(refused);
            }
        }
        types
    }

    pub(super) fn requires(&self, name: &str) -> bool {
        self.required.contains(name)
    }

    /// The schema of a property, if a part declares it.
    pub(super) fn declaration(&self, name: &str) -> Option<Node<'a>> {
        self.parts.iter().find_map(|part| part.property(name))
    }

    pub(super) fn declares(&self, name: &str) -> bool {
        self.declaration(name).is_some()
    }

    /// The names of all declared properties, each once.
    pub(super) fn declared(&self) -> BTreeSet<&'a str> {
        self.entries("properties").map(|(name, _)| name).collect()
    }

    /// The names of all properties that are declared or required, each once.
    pub(super) fn named(&self) -> BTreeSet<&'a str> {
        let mut names = self.declared();
        names.extend(&self.required);
        names
    }

    /// The schemas in a keyword of any part.
    pub(super) fn children(&self, key: &str) -> impl Iterator<Item = Node<'a>> {
        self.parts.iter().filter_map(move |part| part.child(key))
    }

    /// The named schemas in a keyword of any part.
    pub(super) fn entries(&self, key: &str) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        self.parts.iter().flat_map(move |part| part.map(key))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.children(key).next().is_some()
    }

    pub(super) fn has_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.has(key))
    }

    /// Whether other schemas may hold for parts of the values: unknown ones, or those under a condition
    /// that are `about` such parts.
    pub(super) fn may_hold_more(&self, about: impl Fn(Node<'a>) -> bool) -> bool {
        let single = ["if", "then", "else"];
        let single = single.into_iter().flat_map(|key| self.children(key));
        let named = ["dependentSchemas", "dependencies"];
        let named = named.into_iter().flat_map(|key| self.entries(key));
        let mut conditional = single.chain(named.map(|(_, node)| node));
        let is_composed = |node: Node<'a>| COMPOSED.iter().any(|key| node.get(key).is_some());
        self.is_partial
            || self.vague.is_some()
            || conditional.any(|node| about(node) || is_composed(node))
    }

    /// The formats that hold.
    pub(super) fn formats(&self) -> impl Iterator<Item = &'a Value> {
        self.children("format").map(|format| format.value)
    }

    /// The greatest value of a counting keyword.
    pub(super) fn most(&self, key: &str) -> Option<u64> {
        self.parts.iter().filter_map(|part| part.counted(key)).max()
    }

    /// The least value of a counting keyword.
    pub(super) fn least(&self, key: &str) -> Option<u64> {
        self.parts.iter().filter_map(|part| part.counted(key)).min()
    }
}

/// A keyword of a reader, and a case that it must accept: values of a single type, without unions.
pub(super) struct Demand<'d, 'a> {
    pub(super) writer: &'d Case<'a>,
    /// The facts about the writer's case.
    pub(super) facts: &'d Facts<'a>,
    pub(super) reader: Node<'a>,
    pub(super) key: &'static str,
}
