//! The variants of an enum, named as in events, and which of them belong together.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::case::Case;
use super::difference::Difference;
use super::node::Node;
use super::view::{View, quoted, unwrapped};

/// One branch of a union, with its name in events.
pub(super) struct Variant<'a> {
    pub(super) name: String,
    pub(super) node: Node<'a>,
    pub(super) kind: VariantKind<'a>,
}

pub(super) enum VariantKind<'a> {
    /// A plain value.
    Value(&'a Value),
    /// An object with a single property, named like the variant.
    Wrapped(Node<'a>),
    /// An object with a tag, or a type with a name.
    Named,
    /// Recognized by its type alone.
    Typed,
}

/// The variants of a union, with distinct names. Any other schema is its own only variant.
pub(super) fn variants<'a>(view: &View<'a>) -> Vec<Variant<'a>> {
    let mut variants: Vec<Variant<'a>> = Vec::new();
    // How often each name was used.
    let mut names: HashMap<String, usize> = HashMap::new();
    let branches: &[Node<'a>] = match view.branches.as_slice() {
        [] => std::slice::from_ref(&view.node),
        branches => branches,
    };
    for branch in branches {
        let of_value = |value: &'a Value| Variant {
            name: quoted(value),
            node: *branch,
            kind: VariantKind::Value(value),
        };
        let found = match unwrapped(*branch).listed() {
            Some(values) => (values.iter().filter(|value| !value.is_null()))
                .map(of_value)
                .collect(),
            None => vec![variant(*branch)],
        };
        for mut variant in found {
            let name = variant.name.clone();
            let mut number = names.get(&name).copied().unwrap_or(0);
            while names.contains_key(&variant.name) {
                number += 1;
                variant.name = format!("{name} {number}");
            }
            names.insert(name, number.max(1));
            names.entry(variant.name.clone()).or_insert(1);
            variants.push(variant);
        }
    }
    variants
}

impl<'a> Variant<'a> {
    /// The difference that adding or removing the variant makes.
    pub(super) fn difference(&self, added: bool) -> Difference<'a> {
        match self.kind {
            VariantKind::Value(value) => Difference::Value(value, added),
            VariantKind::Typed => Difference::Alternative(self.name.clone(), added),
            _ => Difference::Variant(self.name.clone(), added),
        }
    }
}

/// The variants of two enums that belong together. The numbers are their positions.
pub(super) struct Matching<'v, 'a> {
    pub(super) kept: BTreeMap<usize, (&'v Variant<'a>, &'v Variant<'a>)>,
    pub(super) removed: BTreeMap<usize, &'v Variant<'a>>,
    pub(super) added: BTreeMap<usize, &'v Variant<'a>>,
}

/// Pairs variants that have the same name, then variants that accept the same values, then nameless
/// variants that share the most properties.
pub(super) fn matching<'v, 'a>(
    before: &'v [Variant<'a>],
    after: &'v [Variant<'a>],
    mut is_same: impl FnMut(Node<'a>, Node<'a>) -> bool,
) -> Matching<'v, 'a> {
    let mut matching = Matching {
        kept: BTreeMap::new(),
        removed: before.iter().enumerate().collect(),
        added: after.iter().enumerate().collect(),
    };
    let named = |variants: &'v [Variant<'a>]| {
        let variants = variants.iter().enumerate();
        let named = variants.filter(|(_, variant)| !matches!(variant.kind, VariantKind::Typed));
        named.map(|(index, variant)| (variant.name.as_str(), index))
    };
    let known: HashMap<_, _> = named(after).collect();
    for (name, old) in named(before) {
        if let Some(new) = known.get(name) {
            matching.keep(old, *new);
        }
    }
    matching.keep_most_similar(|old, new| usize::from(is_same(old.node, new.node)));
    matching.keep_most_similar(Variant::similarity);
    matching
}

impl<'a> Matching<'_, 'a> {
    fn keep(&mut self, old: usize, new: usize) {
        if let (Some(before), Some(after)) = (self.removed.get(&old), self.added.get(&new)) {
            self.kept.insert(old, (before, after));
            self.removed.remove(&old);
            self.added.remove(&new);
        }
    }

    fn keep_most_similar(
        &mut self,
        mut similarity: impl FnMut(&Variant<'a>, &Variant<'a>) -> usize,
    ) {
        let mut pairs = Vec::new();
        for (old, before) in &self.removed {
            for (new, after) in &self.added {
                pairs.push((Reverse(similarity(before, after)), *old, *new));
            }
        }
        pairs.retain(|(similarity, ..)| similarity.0 > 0);
        pairs.sort_unstable();
        for (_, old, new) in pairs {
            self.keep(old, new);
        }
    }
}

impl Variant<'_> {
    /// How similar two variants are, in percent, if at least one has no name.
    fn similarity(&self, other: &Self) -> usize {
        use VariantKind::{Typed, Wrapped};
        let kinds = (&self.kind, &other.kind);
        if !matches!(kinds, (Typed, Typed | Wrapped(_)) | (Wrapped(_), Typed)) {
            return 0;
        }
        let names = |variant: &Self| Case::of([variant.node]).facts().declared();
        let (own, others) = (names(self), names(other));
        match own.union(&others).count() {
            0 if View::of(self.node).kind() == View::of(other.node).kind() => 100,
            0 => 0,
            all => own.intersection(&others).count() * 100 / all,
        }
    }
}

fn variant(branch: Node<'_>) -> Variant<'_> {
    let facts = Case::of([branch]).facts();
    let named = |name: &str, kind| Variant {
        name: name.to_owned(),
        node: branch,
        kind,
    };
    let properties: Vec<_> = facts.entries("properties").collect();
    let tag = properties
        .iter()
        .filter(|(name, _)| facts.requires(name))
        .filter_map(|(name, node)| match node.listed()? {
            [Value::String(value)] => Some((name, value)),
            _ => None,
        })
        .min();
    if let Some((_, value)) = tag {
        return named(value, VariantKind::Named);
    }
    if let [(name, inner)] = properties.as_slice()
        && facts.requires(name)
    {
        return named(name, VariantKind::Wrapped(*inner));
    }
    let reference = branch.get("$ref").and_then(Value::as_str);
    let name = branch
        .get("title")
        .and_then(Value::as_str)
        .or_else(|| reference?.rsplit('/').next());
    match name {
        Some(name) => named(name, VariantKind::Named),
        None => named(&View::of(branch).kind(), VariantKind::Typed),
    }
}
