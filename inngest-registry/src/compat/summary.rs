//! Recognizes at a glance that schemas are disjoint.
//!
//! The variants of an enum differ in a tag, and most proofs about them need nothing else. Variants are
//! looked up by their tag, so large enums stay cheap.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::case::Case;
use super::node::Node;
use super::types::Types;

/// The facts about a schema that a glance needs.
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
            part.get("additionalProperties") == Some(&json!(false))
                && part.get("patternProperties").is_none()
        });
        let values = facts.parts.iter().find_map(|part| {
            let one = part.get("const").map(std::slice::from_ref);
            let list = || part.get("enum")?.as_array().map(Vec::as_slice);
            one.or_else(list)?.iter().map(Plain::of).collect()
        });
        Self {
            types: facts.types(),
            values,
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
        // What follows holds for objects only.
        common.within(Types::OBJECT)
            && (self.lacks(other) || other.lacks(self) || self.is_tagged_unlike(other))
    }

    fn is_tagged_unlike(&self, other: &Self) -> bool {
        let unlike = |(name, tag)| other.tags.get(name).is_some_and(|other| *other != tag);
        self.tags.iter().any(|(name, tag)| unlike((*name, *tag)))
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
    by_discriminator: HashMap<Discriminator<'a>, Vec<usize>>,
    /// The branches without a discriminator.
    others: Vec<usize>,
}

impl<'a> Branches<'a> {
    pub(super) fn of<'s>(
        nodes: Vec<Node<'a>>,
        summaries: impl Iterator<Item = &'s Summary<'a>> + Clone,
    ) -> Self
    where
        'a: 's,
    {
        let mut uses: BTreeMap<&'a str, usize> = BTreeMap::new();
        let mut named = 0;
        for summary in summaries.clone() {
            named += usize::from(summary.only_name().is_some());
            for name in summary.tags.keys() {
                *uses.entry(name).or_default() += 1;
            }
        }
        let most = uses.into_iter().max_by_key(|(_, count)| *count);
        let mut branches = Self {
            nodes,
            tag: most
                .filter(|(_, count)| *count >= named)
                .map(|(name, _)| name),
            by_discriminator: HashMap::new(),
            others: Vec::new(),
        };
        for (index, summary) in summaries.enumerate() {
            match branches.discriminator(summary) {
                Some(found) => branches
                    .by_discriminator
                    .entry(found)
                    .or_default()
                    .push(index),
                None => branches.others.push(index),
            }
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
    pub(super) fn near(&self, summary: &Summary<'a>) -> Vec<usize> {
        match self.discriminator(summary) {
            Some(discriminator) => self.of_discriminator(Some(discriminator)),
            None => (0..self.nodes.len()).collect(),
        }
    }

    /// The branches that may accept a value, in order.
    pub(super) fn for_value(&self, value: &Value) -> Vec<usize> {
        let discriminator = match value {
            Value::String(text) => Some(Discriminator::Value(Plain::Text(text))),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Some(Discriminator::Value(Plain::Integer(integer))),
                None => return (0..self.nodes.len()).collect(),
            },
            Value::Object(members) => match self.tag {
                Some(tag) => members
                    .get(tag)
                    .and_then(Value::as_str)
                    .map(Discriminator::Tag),
                None => {
                    let name = members.keys().next().filter(|_| members.len() == 1);
                    name.map(|name| Discriminator::Name(name))
                }
            },
            _ => None,
        };
        self.of_discriminator(discriminator)
    }

    fn of_discriminator(&self, discriminator: Option<Discriminator<'_>>) -> Vec<usize> {
        let same = discriminator.and_then(|found| self.by_discriminator.get(&found));
        let mut near: Vec<usize> = same
            .into_iter()
            .flatten()
            .chain(&self.others)
            .copied()
            .collect();
        near.sort_unstable();
        near
    }

    /// The number of branches without a discriminator.
    pub(super) fn undiscriminated(&self) -> usize {
        self.others.len()
    }
}
