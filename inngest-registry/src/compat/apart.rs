//! Schemas that have no value in common, as a glance at them shows.
//!
//! The variants of an enum differ in a tag, and most proofs about them need nothing else. Without
//! this, that a value is of one variant would be proved of each pair of them by all that they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Value, json};

use super::node::{Case, Facts, Node, Types, Union};
use super::prove::Prover;

/// Branches of a union; larger ones cannot be told.
const MAX_BRANCHES: usize = 1_000;
/// How long it takes to look at two, beside a comparison of two texts.
const GLANCE: usize = 4;

/// What is seen of a schema at a glance.
pub(super) struct Mark<'a> {
    types: Types,
    /// The values, where they are listed and compare as they are written.
    values: Option<BTreeSet<Plain<'a>>>,
    required: BTreeSet<&'a str>,
    /// Texts that required properties always have.
    tags: BTreeMap<&'a str, &'a str>,
    /// The only names that there may be.
    names: Option<BTreeSet<&'a str>>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
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

impl<'a> Mark<'a> {
    fn of(node: Node<'a>) -> Self {
        let facts = Case::of([node]).facts();
        let required: BTreeSet<_> = facts.required().collect();
        let properties = facts.parts.iter().flat_map(|part| part.map("properties"));
        let tags = properties
            .filter(|(name, _)| required.contains(name))
            .filter_map(|(name, property)| Some((name, property.get("const")?.as_str()?)));
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
            required,
        }
    }

    fn is_apart(&self, other: &Self) -> bool {
        let common = self.types.and(other.types);
        if common.is_empty() {
            return true;
        }
        if let (Some(a), Some(b)) = (&self.values, &other.values) {
            return a.is_disjoint(b);
        }
        // Only of objects these say anything.
        common.within(Types::OBJECT)
            && (self.lacks(other) || other.lacks(self) || self.is_tagged_unlike(other))
    }

    fn is_tagged_unlike(&self, other: &Self) -> bool {
        let unlike = |(name, tag)| other.tags.get(name).is_some_and(|other| *other != tag);
        self.tags.iter().any(|(name, tag)| unlike((*name, *tag)))
    }

    /// Whether a name that the other requires cannot be here.
    fn lacks(&self, other: &Self) -> bool {
        let names = self.names.as_ref();
        names.is_some_and(|names| !other.required.is_subset(names))
    }
}

/// A union has more branches than are looked at.
pub(super) struct TooMany;

/// For each branch of a union, others.
pub(super) type Near<'a> = Rc<Vec<Vec<Node<'a>>>>;

impl<'a> Prover<'a> {
    fn mark(&mut self, node: Node<'a>) -> Rc<Mark<'a>> {
        let mark = self.marks.entry(node.id());
        Rc::clone(mark.or_insert_with(|| Rc::new(Mark::of(node))))
    }

    /// Whether two schemas plainly have no value in common.
    fn are_apart(&mut self, a: Node<'a>, b: Node<'a>) -> bool {
        self.looks += GLANCE;
        let mark = self.mark(a);
        mark.is_apart(&self.mark(b))
    }

    /// Whether a case plainly has no value in common with a schema.
    pub(super) fn is_apart(&mut self, case: &Case<'a>, other: Node<'a>) -> bool {
        self.may_look() && case.nodes().iter().any(|node| self.are_apart(*node, other))
    }

    /// The cases of a union that holds of the values of a case, when there is one of several
    /// branches.
    pub(super) fn split(
        &mut self,
        case: &Case<'a>,
        facts: &Facts<'a>,
    ) -> Option<Result<Vec<Case<'a>>, TooMany>> {
        let union = case.union(facts)?;
        let branches = &union.branches;
        if branches.len() > MAX_BRANCHES {
            return Some(Err(TooMany));
        }
        let near = self.near(&union);
        let cases = branches.iter().enumerate().map(|(index, branch)| {
            let none = near.get(index).cloned().unwrap_or_default();
            case.choose(&union, *branch, none)
        });
        Some(Ok(cases.collect()))
    }

    /// For each branch of a union of which only one holds, the others that may hold as well.
    fn near(&mut self, union: &Union<'a>) -> Near<'a> {
        if let Some(known) = self.near.get(&union.id) {
            return Rc::clone(known);
        }
        let branches = &union.branches;
        let mut near = vec![Vec::new(); branches.len()];
        if union.exclusive {
            for (branch, near) in branches.iter().zip(&mut near) {
                let others = branches.iter().filter(|other| other.id() != branch.id());
                near.extend(others.filter(|other| !self.are_apart(*branch, **other)));
            }
        }
        let near = Rc::new(near);
        self.near.insert(union.id, Rc::clone(&near));
        near
    }
}
