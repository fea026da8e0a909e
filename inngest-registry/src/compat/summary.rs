//! Summaries of schemas, which show without a proof that two schemas are disjoint.
//!
//! The variants of an enum differ in a tag, and most proofs about them need nothing else. Variants are
//! looked up by their tag, so large enums stay cheap.

#![expect(
    clippy::indexing_slicing,
    reason = "each index belongs to a branch, and branches do not change"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use serde_json::Value;

use super::case::Case;
use super::node::Node;
use super::types::Types;

/// The types, values and names of a schema.
pub(super) struct Summary<'a> {
    types: Types,
    /// The listed values, if all are texts or integers.
    values: Option<BTreeSet<Plain<'a>>>,
    required: BTreeSet<&'a str>,
    /// Required properties with a constant text.
    tags: BTreeMap<&'a str, &'a str>,
    /// The names of all properties, if no others are allowed.
    names: Option<BTreeSet<&'a str>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Plain<'a> {
    Integer(i64),
    Text(&'a str),
}

impl<'a> Plain<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        let text = || value.as_str().map(Self::Text);
        value.as_i64().map(Self::Integer).or_else(text)
    }
}

impl<'a> Summary<'a> {
    pub(super) fn of(node: Node<'a>) -> Self {
        let facts = Case::of([node]).facts();
        let tags = facts.required.iter().filter_map(|name| {
            let tag = facts.declaration(name)?.get("const")?.as_str()?;
            Some((*name, tag))
        });
        let closed = facts.parts.iter().find(|part| {
            part.is("additionalProperties", false) && part.get("patternProperties").is_none()
        });
        let plain = |part: &Node<'a>| part.listed()?.iter().map(Plain::of).collect();
        Self {
            types: facts.types(),
            values: facts.parts.iter().find_map(plain),
            tags: tags.collect(),
            names: closed.map(|part| part.map("properties").map(|(name, _)| name).collect()),
            required: facts.required,
        }
    }

    /// Whether two schemas obviously have no value in common.
    pub(super) fn is_disjoint(&self, other: &Self) -> bool {
        let common = self.types.and(other.types);
        if common.is_empty() {
            return true;
        }
        if let (Some(a), Some(b)) = (&self.values, &other.values) {
            return a.is_disjoint(b);
        }
        // The rest holds for objects only.
        common.within(Types::OBJECT)
            && (self.lacks(other)
                || other.lacks(self)
                || (self.tags.iter())
                    .any(|(name, tag)| other.tags.get(name).is_some_and(|other| other != tag)))
    }

    /// Whether this schema does not allow a name that the other requires.
    fn lacks(&self, other: &Self) -> bool {
        let names = self.names.as_ref();
        names.is_some_and(|names| !other.required.is_subset(names))
    }

    /// The name of the property, if the object always has exactly one.
    fn only_name(&self) -> Option<&'a str> {
        let names = self.names.as_ref().filter(|names| names.len() == 1)?;
        names
            .first()
            .copied()
            .filter(|name| self.required.contains(name))
    }
}

/// What distinguishes one branch of a union from the others. Branches with different discriminators
/// are disjoint.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Discriminator<'a> {
    Value(Plain<'a>),
    /// The text of the tag.
    Tag(&'a str),
    /// The name of the only property.
    Name(&'a str),
}

/// The branches of a union, indexed by their discriminators.
pub(super) struct Branches<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    /// The name of the tag, if there is one.
    tag: Option<&'a str>,
    /// Indices into `nodes`; those without a discriminator are under `None`.
    indices: HashMap<Option<Discriminator<'a>>, Vec<usize>>,
}

impl<'a> Branches<'a> {
    pub(super) fn of(nodes: Vec<Node<'a>>, summaries: &[Rc<Summary<'a>>]) -> Self {
        let mut uses: BTreeMap<&'a str, usize> = BTreeMap::new();
        for name in summaries.iter().flat_map(|summary| summary.tags.keys()) {
            *uses.entry(name).or_default() += 1;
        }
        let named = summaries.iter().filter(|s| s.only_name().is_some()).count();
        let most = uses.into_iter().max_by_key(|(_, count)| *count);
        let tag = most.filter(|(_, count)| *count >= named);
        let mut branches = Self {
            nodes,
            tag: tag.map(|(name, _)| name),
            indices: HashMap::new(),
        };
        for (index, summary) in summaries.iter().enumerate() {
            let discriminator = branches.discriminator(summary);
            let indices = branches.indices.entry(discriminator);
            indices.or_default().push(index);
        }
        branches
    }

    fn discriminator(&self, summary: &Summary<'a>) -> Option<Discriminator<'a>> {
        if let Some(values) = &summary.values {
            let only = values.first().filter(|_| values.len() == 1)?;
            return Some(Discriminator::Value(*only));
        }
        if !summary.types.within(Types::OBJECT) {
            return None;
        }
        match self.tag {
            Some(tag) => summary.tags.get(tag).copied().map(Discriminator::Tag),
            None => summary.only_name().map(Discriminator::Name),
        }
    }

    /// The branches that may overlap with a schema, in order.
    pub(super) fn overlapping(&self, summary: &Summary<'a>) -> Vec<Node<'a>> {
        match self.discriminator(summary) {
            None => self.nodes.clone(),
            discriminator => self.with(discriminator),
        }
    }

    /// The branches that may accept a value, in order.
    pub(super) fn accepting(&self, value: &Value) -> Vec<Node<'a>> {
        let discriminator = match (value, self.tag) {
            (Value::String(_) | Value::Number(_), _) => match Plain::of(value) {
                Some(plain) => Some(Discriminator::Value(plain)),
                None => return self.nodes.clone(),
            },
            (Value::Object(members), Some(tag)) => {
                let text = members.get(tag).and_then(Value::as_str);
                text.map(Discriminator::Tag)
            }
            (Value::Object(members), None) => {
                let name = members.keys().next().filter(|_| members.len() == 1);
                name.map(|name| Discriminator::Name(name))
            }
            _ => None,
        };
        self.with(discriminator)
    }

    /// The branches with a discriminator, and those without one.
    fn with(&self, discriminator: Option<Discriminator<'_>>) -> Vec<Node<'a>> {
        let indices = |key| self.indices.get(key).into_iter().flatten().copied();
        let same = discriminator
            .into_iter()
            .flat_map(|_| indices(&discriminator));
        let mut found: Vec<usize> = same.chain(indices(&None)).collect();
        found.sort_unstable();
        // Each index belongs to an entry of `nodes`, which does not change.
        found.into_iter().map(|index| self.nodes[index]).collect()
    }

    /// The number of branches without a discriminator.
    pub(super) fn undiscriminated(&self) -> usize {
        self.indices.get(&None).map_or(0, Vec::len)
    }
}
