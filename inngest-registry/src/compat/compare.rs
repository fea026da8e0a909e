//! Walks through both schemas side by side and finds how they differ.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::case::{Case, Facts};
use super::change::Comparison;
use super::difference::{Difference, LIMITS, Undeclared};
use super::node::{Node, refers, size};
use super::number::{Decimal, range_of_format};
use super::places::{Found, Places, Step, Verdicts};
use super::prover::Prover;
use super::types::Types;
use super::values::{ValueSet, equal};
use super::variants::{Variant, VariantKind, matching, variants};
use super::verdict::{Strictness, Verdict};
use super::view::{View, unwrapped};

/// The most places that are visited. Beyond them, only the verdict counts.
const MAX_PLACES: usize = 200_000;

pub(super) fn compare(
    old: &Value,
    new: &Value,
    strictness: Strictness,
    is_event: bool,
) -> Comparison {
    let mut walk = Walk {
        prover: Prover::new(strictness, size(old) + size(new)),
        is_event,
        places: Places::default(),
        current: 0,
    };
    walk.start(Node::root(old), Node::root(new));
    while walk.current < walk.places.len() {
        walk.look();
        walk.current += 1;
    }
    walk.places.comparison(is_event)
}

struct Walk<'a> {
    prover: Prover<'a>,
    is_event: bool,
    places: Places<'a>,
    /// The place that is being compared.
    current: usize,
}

impl<'a> Walk<'a> {
    /// Finds the verdict on the current place and the differences at it.
    fn look(&mut self) {
        let Some(place) = self.places.get(self.current) else {
            return;
        };
        let (old, new) = (place.old, place.new);
        let (backward, before) = self.prover.verdict(old, new);
        let (forward, after) = self.prover.verdict(new, old);
        if let Some(place) = self.places.get_mut(self.current) {
            place.verdicts = Verdicts { backward, forward };
            place.obstacles = before.union(&after).copied().collect();
        }
        self.annotations(old, new, &Step::Here);
        self.differences(old, new);
    }

    fn start(&mut self, old: Node<'a>, new: Node<'a>) {
        let (a, b) = (unwrapped(old), unwrapped(new));
        self.places.add(None, a, b);
        if old.id() != a.id() || new.id() != b.id() {
            self.annotations(old, new, &Step::Here);
        }
    }

    /// Adds a part of the current place to the places to visit.
    fn place(&mut self, old: Node<'a>, new: Node<'a>, step: Step) {
        // Most parts did not change.
        if (old.value == new.value && !refers(old.value)) || self.places.len() >= MAX_PLACES {
            return;
        }
        let (a, b) = (unwrapped(old), unwrapped(new));
        if old.id() != a.id() || new.id() != b.id() {
            self.annotations(old, new, &step);
        }
        self.places.add(Some((self.current, step)), a, b);
    }

    fn push(&mut self, difference: Difference<'a>, origin: (usize, usize), verdicts: Verdicts) {
        self.push_at(Step::Here, difference, origin, verdicts);
    }

    fn push_at(
        &mut self,
        step: Step,
        difference: Difference<'a>,
        origin: (usize, usize),
        verdicts: Verdicts,
    ) {
        if let Some(place) = self.places.get_mut(self.current) {
            place.found.push(Found {
                step,
                difference,
                verdicts,
                origin,
            });
        }
    }

    fn annotations(&mut self, old: Node<'a>, new: Node<'a>, step: &Step) {
        let origin = (old.id(), new.id());
        let mut note =
            |difference| self.push_at(step.clone(), difference, origin, Verdicts::COMPATIBLE);
        if old.get("description") != new.get("description") {
            note(Difference::Documentation);
        }
        if let (Some(old), Some(new)) = (old.get("default"), new.get("default"))
            && old != new
        {
            note(Difference::Default { old, new });
        }
        let deprecated = |node: Node<'a>| node.get("deprecated") == Some(&Value::Bool(true));
        if deprecated(old) != deprecated(new) {
            note(Difference::Deprecated(deprecated(new)));
        }
    }

    fn differences(&mut self, old: Node<'a>, new: Node<'a>) {
        let (a, b) = (View::of(old), View::of(new));
        self.nullability(&a, &b, old, new);
        let unions = !a.branches.is_empty() || !b.branches.is_empty();
        match (&a.values, &b.values) {
            (Some(before), Some(after)) => return self.values(before, after, old, new),
            (None, None) => {}
            _ if unions => {}
            _ => return self.retyped(&a, &b, old, new),
        }
        if unions {
            let (before, after) = (variants(&a), variants(&b));
            let known = |one: &Variant<'a>| after.iter().any(|other| other.name == one.name);
            let simple = a.branches.is_empty() || b.branches.is_empty();
            if simple && !before.iter().any(known) {
                return self.retyped(&a, &b, old, new);
            }
            self.variants(&before, &after, old, new);
            if simple {
                return;
            }
        } else if a.types != b.types {
            return self.retyped(&a, &b, old, new);
        }
        self.limits(a.node, b.node);
        let common = a.types.and(b.types);
        if !common.and(Types::ARRAY).is_empty() {
            self.items(a.node, b.node);
        }
        if !common.and(Types::OBJECT).is_empty() {
            self.properties(a.node, b.node);
        }
    }

    fn nullability(&mut self, a: &View<'a>, b: &View<'a>, old: Node<'a>, new: Node<'a>) {
        let null = Case::of(Types::NULL.split());
        let mut verdicts = Verdicts::COMPATIBLE;
        let difference = if a.nullable && !b.nullable && b.types != Types::ALL {
            verdicts.backward = self.prover.ask(|prover| prover.included(&null, new));
            Difference::NoLongerNull
        } else if b.nullable && !a.nullable && a.types != Types::ALL {
            verdicts.forward = self.prover.ask(|prover| prover.included(&null, old));
            Difference::NowNull
        } else {
            return;
        };
        self.push(difference, (old.id(), new.id()), verdicts);
    }

    fn both(&mut self, old: Node<'a>, new: Node<'a>) -> Verdicts {
        Verdicts {
            backward: self.prover.verdict(old, new).0,
            forward: self.prover.verdict(new, old).0,
        }
    }

    fn retyped(&mut self, a: &View<'a>, b: &View<'a>, old: Node<'a>, new: Node<'a>) {
        let verdicts = self.both(old, new);
        let (before, after) = (a.kind(), b.kind());
        let difference = if before == after {
            Difference::Other {
                verdict: verdicts.backward.or_worse(verdicts.forward),
                obstacles: Vec::new(),
            }
        } else {
            Difference::Type {
                old: before,
                new: after,
            }
        };
        self.push(difference, (old.id(), new.id()), verdicts);
    }

    fn values(&mut self, before: &[&'a Value], after: &[&'a Value], old: Node<'a>, new: Node<'a>) {
        let (known, now) = (
            ValueSet::of(before.iter().copied()),
            ValueSet::of(after.iter().copied()),
        );
        let mut verdicts = Verdicts::COMPATIBLE;
        if let ([a], [b]) = (before, after)
            && !now.contains(a)
        {
            verdicts.backward = self.prover.ask(|prover| prover.accepted(new, a));
            verdicts.forward = self.prover.ask(|prover| prover.accepted(old, b));
            let is_name = self.is_event && self.places.is_at(self.current, "name");
            let difference = Difference::Constant {
                old: a,
                new: b,
                is_name,
            };
            return self.push(difference, (old.id(), new.id()), verdicts);
        }
        for value in before.iter().filter(|value| !now.contains(value)) {
            let backward = self.prover.ask(|prover| prover.accepted(new, value));
            let verdicts = Verdicts {
                backward,
                ..verdicts
            };
            let difference = Difference::Value {
                value,
                added: false,
            };
            self.push(difference, (std::ptr::from_ref(*value).addr(), 0), verdicts);
        }
        for value in after.iter().filter(|value| !known.contains(value)) {
            let forward = self.prover.ask(|prover| prover.accepted(old, value));
            let verdicts = Verdicts {
                forward,
                ..verdicts
            };
            let difference = Difference::Value { value, added: true };
            self.push(difference, (0, std::ptr::from_ref(*value).addr()), verdicts);
        }
    }

    fn variants(
        &mut self,
        before: &[Variant<'a>],
        after: &[Variant<'a>],
        old: Node<'a>,
        new: Node<'a>,
    ) {
        let matching = matching(before, after, |a, b| self.prover.is_same(a, b));
        for (one, other) in matching.kept {
            let (Some(one), Some(other)) = (before.get(one), after.get(other)) else {
                continue;
            };
            match (&one.kind, &other.kind) {
                (VariantKind::Value(_), VariantKind::Value(_)) => {}
                (VariantKind::Wrapped(a), VariantKind::Wrapped(b)) => {
                    self.place(*a, *b, Step::Property(one.name.clone()));
                }
                (VariantKind::Typed, _) | (_, VariantKind::Typed) => {
                    self.place(one.node, other.node, Step::Here);
                }
                _ => self.place(one.node, other.node, Step::Variant(one.name.clone())),
            }
        }
        for variant in matching
            .removed
            .into_iter()
            .filter_map(|index| before.get(index))
        {
            let mut verdicts = Verdicts::COMPATIBLE;
            verdicts.backward = self.variant(variant, new);
            let origin = (variant.node.id(), 0);
            self.push(variant.difference(false), origin, verdicts);
        }
        for variant in matching
            .added
            .into_iter()
            .filter_map(|index| after.get(index))
        {
            let mut verdicts = Verdicts::COMPATIBLE;
            verdicts.forward = self.variant(variant, old);
            let origin = (0, variant.node.id());
            self.push(variant.difference(true), origin, verdicts);
        }
    }

    /// Whether one side accepts a variant of the other.
    fn variant(&mut self, variant: &Variant<'a>, reader: Node<'a>) -> Verdict {
        match variant.kind {
            VariantKind::Value(value) => self.prover.ask(|prover| prover.accepted(reader, value)),
            _ => self.prover.verdict(variant.node, reader).0,
        }
    }

    fn keywords(&mut self, old: Node<'a>, new: Node<'a>, keys: &[&str]) -> Verdicts {
        let prover = &mut self.prover;
        let mut worst = |writer, reader| {
            let each = keys
                .iter()
                .map(|key| prover.ask(|p| p.keyword(writer, reader, key)));
            Verdict::worst(each)
        };
        Verdicts {
            backward: worst(old, new),
            forward: worst(new, old),
        }
    }

    fn limits(&mut self, old: Node<'a>, new: Node<'a>) {
        let origin = (old.id(), new.id());
        let said = self.number_type(old, new);
        let (a, b) = (old.items().0.len(), new.items().0.len());
        for (key, _) in LIMITS {
            // A tuple of another length is one change.
            let is_length = a != b && matches!(key, "minItems" | "maxItems");
            // `uniqueItems` may also be `false`.
            let unique = |node: Node<'a>| node.get(key) == Some(&Value::Bool(true));
            let is_same = key == "uniqueItems" && unique(old) == unique(new);
            if is_length || is_same || said.contains(&key) || !differ(old, new, key) {
                continue;
            }
            let verdicts = self.keywords(old, new, &[key]);
            let difference = Difference::Limit {
                key,
                old: old.get(key),
                new: new.get(key),
                is_id: self.is_event && self.places.is_at(self.current, "id"),
            };
            self.push(difference, origin, verdicts);
        }
        if a != b {
            let verdicts = self.both(old, new);
            self.push(Difference::Length { old: a, new: b }, origin, verdicts);
        }
    }

    /// Reports another number type as one change: a format with the bounds that it implies, or both
    /// bounds. Returns the keywords that are reported.
    fn number_type(&mut self, old: Node<'a>, new: Node<'a>) -> Vec<&'static str> {
        let bounds = ["minimum", "maximum"].into_iter();
        let mut keys: Vec<_> = bounds.filter(|key| differ(old, new, key)).collect();
        let range = |node: Node<'a>| node.get("minimum").zip(node.get("maximum"));
        let difference = if differ(old, new, "format") {
            keys.retain(|key| {
                [old, new]
                    .iter()
                    .all(|node| is_implied_by_format(*node, key))
            });
            keys.push("format");
            Difference::Format {
                old: old.get("format"),
                new: new.get("format"),
            }
        } else if let (Some(old), Some(new), 2) = (range(old), range(new), keys.len()) {
            Difference::Range { old, new }
        } else {
            return Vec::new();
        };
        let verdicts = self.keywords(old, new, &keys);
        self.push(difference, (old.id(), new.id()), verdicts);
        keys
    }

    fn items(&mut self, old: Node<'a>, new: Node<'a>) {
        let ((a, a_rest), (b, b_rest)) = (old.items(), new.items());
        for (index, (a, b)) in a.into_iter().zip(b).enumerate() {
            self.place(a, b, Step::Item(index));
        }
        if let (Some(a), Some(b)) = (a_rest, b_rest) {
            self.place(a, b, Step::AllItems);
        }
    }

    fn properties(&mut self, old: Node<'a>, new: Node<'a>) {
        let (a, b) = (Case::of([old]).facts(), Case::of([new]).facts());
        let names: BTreeSet<_> = a.named().union(&b.named()).copied().collect();
        let attached = self.is_attached(&a);
        for name in names {
            let step = Step::Property(name.to_owned());
            let (before, after) = (a.declaration(name), b.declaration(name));
            let id = |node: Option<Node<'a>>| node.map_or(0, Node::id);
            let mut origin = (id(before), id(after));
            if origin == (0, 0) {
                origin = (old.id(), new.id());
            }
            let mut verdicts = Verdicts::COMPATIBLE;
            let difference = match (before, after) {
                (None, Some(_)) | (Some(_), None) => {
                    verdicts.backward = self
                        .prover
                        .ask(|prover| prover.property_verdict(&a, &b, name));
                    verdicts.forward = self
                        .prover
                        .ask(|prover| prover.property_verdict(&b, &a, name));
                    match after {
                        Some(after) => Difference::Added {
                            required: b.requires(name),
                            nullable: View::of(after).nullable,
                            attached,
                        },
                        None => Difference::Removed {
                            required: a.requires(name),
                        },
                    }
                }
                _ if a.requires(name) && !b.requires(name) => {
                    verdicts.forward = self.prover.requirement(&b, &a, name);
                    Difference::NowOptional
                }
                _ if b.requires(name) && !a.requires(name) => {
                    verdicts.backward = self.prover.requirement(&a, &b, name);
                    Difference::NowRequired
                }
                (Some(before), Some(after)) => {
                    self.place(before, after, step);
                    continue;
                }
                (None, None) => continue,
            };
            self.push_at(step.clone(), difference, origin, verdicts);
            if let (Some(before), Some(after)) = (before, after) {
                self.place(before, after, step);
            }
        }
        self.other_properties(old, new, &a, &b);
    }

    /// Whether properties that are added here could be sent before. A payload may have any session,
    /// and any user attributes if its type declares none.
    fn is_attached(&self, before: &Facts<'a>) -> bool {
        let is_at = |path| self.places.is_at(self.current, path);
        let is_open_user = || is_at("user") && before.declared().is_empty();
        self.is_event && (is_at("meta.sessions") || is_open_user())
    }

    fn other_properties(&mut self, old: Node<'a>, new: Node<'a>, a: &Facts<'a>, b: &Facts<'a>) {
        for (pattern, before) in old.map("patternProperties") {
            if let Some(after) = new
                .child("patternProperties")
                .and_then(|map| map.child(pattern))
            {
                self.place(before, after, Step::Others);
            }
        }
        let rest = |node: Node<'a>| node.child("additionalProperties");
        let closed = |node: Option<Node<'a>>| node.is_some_and(|n| *n.value == json!(false));
        let schema = |node: Option<Node<'a>>| node.filter(|n| n.value.is_object());
        let (before, after) = (rest(old), rest(new));
        let difference = match (closed(before), closed(after)) {
            (true, false) => Undeclared::Allowed,
            (false, true) => Undeclared::Refused,
            (true, true) => return,
            (false, false) => match (schema(before), schema(after)) {
                (Some(before), Some(after)) => {
                    return self.place(before, after, Step::Others);
                }
                (None, Some(_)) => Undeclared::OfOneType,
                (Some(_), None) => Undeclared::OfAnyType,
                (None, None) => return,
            },
        };
        let verdicts = Verdicts {
            backward: self.prover.ask(|prover| prover.rest(a, new)),
            forward: self.prover.ask(|prover| prover.rest(b, old)),
        };
        self.push(
            Difference::Undeclared(difference),
            (old.id(), new.id()),
            verdicts,
        );
    }
}

fn differ(old: Node<'_>, new: Node<'_>, key: &str) -> bool {
    match (old.get(key), new.get(key)) {
        (Some(a), Some(b)) => !equal(a, b),
        (a, b) => a.is_some() != b.is_some(),
    }
}

/// Whether a bound, or its absence, goes with the format of a Rust integer type.
fn is_implied_by_format(node: Node<'_>, key: &str) -> bool {
    let format = node.get("format").and_then(Value::as_str);
    let Some((low, high)) = format.and_then(range_of_format) else {
        return false;
    };
    let end = if key == "minimum" { low } else { high };
    let bound = node.get(key);
    bound.is_none_or(|bound| Decimal::of(bound).and_then(Decimal::as_integer) == Some(end))
}
