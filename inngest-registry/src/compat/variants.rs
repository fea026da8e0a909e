//! The variants of an enum, named as in events, and which of them belong together.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::case::Case;
use super::difference::Difference;
use super::node::Node;
use super::view::{View, listed, quoted, unwrapped};

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
        let found = match listed(unwrapped(*branch)) {
            Some(values) => values
                .into_iter()
                .filter(|value| !value.is_null())
                .map(|value| Variant {
                    name: quoted(value),
                    node: *branch,
                    kind: VariantKind::Value(value),
                })
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
            VariantKind::Value(value) => Difference::Value { value, added },
            VariantKind::Typed => Difference::Alternative {
                kind: self.name.clone(),
                added,
            },
            VariantKind::Wrapped(_) | VariantKind::Named => Difference::Variant {
                name: self.name.clone(),
                added,
            },
        }
    }
}

/// The variants of two enums that belong together, by index.
pub(super) struct Matching {
    pub(super) kept: Vec<(usize, usize)>,
    pub(super) removed: Vec<usize>,
    pub(super) added: Vec<usize>,
}

/// Pairs variants that have the same name, then variants that accept the same values, then nameless
/// variants that share the most properties.
pub(super) fn matching<'a>(
    before: &[Variant<'a>],
    after: &[Variant<'a>],
    mut is_same: impl FnMut(Node<'a>, Node<'a>) -> bool,
) -> Matching {
    let has_name = |variant: &&Variant<'a>| !matches!(variant.kind, VariantKind::Typed);
    let named: HashMap<_, _> = (after.iter().enumerate())
        .filter(|(_, variant)| has_name(variant))
        .map(|(index, variant)| (variant.name.as_str(), index))
        .collect();
    let mut kept: Vec<(usize, usize)> = (before.iter().enumerate())
        .filter(|(_, variant)| has_name(variant))
        .filter_map(|(index, variant)| Some((index, *named.get(variant.name.as_str())?)))
        .collect();
    let mut added: BTreeSet<usize> = (0..after.len()).collect();
    let mut removed: BTreeSet<usize> = (0..before.len()).collect();
    for (old, new) in &kept {
        removed.remove(old);
        added.remove(new);
    }
    let mut likest = |likeness: &mut dyn FnMut(&Variant<'a>, &Variant<'a>) -> usize| {
        let mut pairs = Vec::new();
        for old in &removed {
            for new in &added {
                let both = before.get(*old).zip(after.get(*new));
                let likeness = both.map_or(0, |(old, new)| likeness(old, new));
                if likeness > 0 {
                    pairs.push((Reverse(likeness), *old, *new));
                }
            }
        }
        pairs.sort_unstable();
        for (_, old, new) in pairs {
            if removed.contains(&old) && added.remove(&new) {
                removed.remove(&old);
                kept.push((old, new));
            }
        }
    };
    likest(&mut |old, new| usize::from(is_same(old.node, new.node)));
    likest(&mut Variant::likeness);
    kept.sort_unstable();
    Matching {
        kept,
        removed: removed.into_iter().collect(),
        added: added.into_iter().collect(),
    }
}

impl Variant<'_> {
    /// How similar two variants are, in percent, if at least one has no name.
    fn likeness(&self, other: &Self) -> usize {
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
    let properties: Vec<_> = facts
        .parts
        .iter()
        .flat_map(|p| p.map("properties"))
        .collect();
    let tag = properties
        .iter()
        .filter(|(name, _)| facts.requires(name))
        .filter_map(|(name, node)| match listed(*node)?.as_slice() {
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
