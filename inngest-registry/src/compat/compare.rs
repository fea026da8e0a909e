//! Walks through both schemas side by side and finds how they differ.

#![expect(
    clippy::indexing_slicing,
    reason = "the current place is among the places"
)]

use std::collections::BTreeSet;

use serde_json::Value;

use super::accepts::accepted;
use super::case::{Case, Facts};
use super::change::Comparison;
use super::difference::{Difference, LIMITS, Undeclared};
use super::empty::has_no_value;
use super::judge::{judge, keyword};
use super::node::{Node, refers, size};
use super::number::{Decimal, bounds_of_format};
use super::objects::{property_verdict, requirement, rest};
use super::places::{BACKWARD, COMPATIBLE, FORWARD, Found, Places, Step, Verdicts};
use super::prover::{Deciders, Prover};
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
    let deciders = Deciders {
        judge,
        is_empty: has_no_value,
    };
    let mut walk = Walk {
        prover: Prover::new(strictness, size(old) + size(new), deciders),
        is_event,
        places: Places::default(),
        current: 0,
    };
    walk.add(None, Node::root(old), Node::root(new));
    while walk.current < walk.places.all.len() {
        walk.visit();
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
    fn visit(&mut self) {
        let place = &mut self.places.all[self.current];
        let (old, new) = (place.old, place.new);
        let (backward, before) = self.prover.verdict(old, new);
        let (forward, after) = self.prover.verdict(new, old);
        place.verdicts = [backward, forward];
        place.obstacles = before.union(&after).copied().collect();
        self.annotations(old, new, &Step::Here);
        self.differences(old, new);
    }

    /// Adds a part of the current place to the places to visit, or the root if there is no step.
    fn add(&mut self, step: Option<Step>, old: Node<'a>, new: Node<'a>) {
        let (a, b) = (unwrapped(old), unwrapped(new));
        let here = step.clone().unwrap_or(Step::Here);
        self.places.add(step.map(|step| (self.current, step)), a, b);
        if old.id() != a.id() || new.id() != b.id() {
            self.annotations(old, new, &here);
        }
    }

    fn place(&mut self, old: Node<'a>, new: Node<'a>, step: Step) {
        // Most parts did not change.
        let is_unchanged = old.value == new.value && !refers(old.value);
        if !is_unchanged && self.places.all.len() < MAX_PLACES {
            self.add(Some(step), old, new);
        }
    }

    fn push(
        &mut self,
        step: &Step,
        difference: Difference<'a>,
        origin: (usize, usize),
        verdicts: Verdicts,
    ) {
        self.places.all[self.current].found.push(Found {
            step: step.clone(),
            difference,
            verdicts,
            origin,
        });
    }

    /// Adds a difference of two schemas at the current place.
    fn here(&mut self, old: Node<'a>, new: Node<'a>, verdicts: Verdicts, found: Difference<'a>) {
        self.push(&Step::Here, found, (old.id(), new.id()), verdicts);
    }

    /// Adds something that only one side has.
    fn one_sided(&mut self, id: usize, added: bool, verdict: Verdict, found: Difference<'a>) {
        let (origin, verdicts) = if added {
            ((0, id), [Verdict::Compatible, verdict])
        } else {
            ((id, 0), [verdict, Verdict::Compatible])
        };
        self.push(&Step::Here, found, origin, verdicts);
    }

    /// The answers to a question about a writer and a reader in both directions.
    fn both<T: Copy>(
        &mut self,
        old: T,
        new: T,
        question: impl Fn(&mut Prover<'a>, T, T) -> Verdict,
    ) -> Verdicts {
        [(old, new), (new, old)]
            .map(|(writer, reader)| self.prover.ask(|prover| question(prover, writer, reader)))
    }

    fn verdicts(&mut self, old: Node<'a>, new: Node<'a>) -> Verdicts {
        self.both(old, new, |p, writer, reader| {
            p.part(&Case::of([writer]), reader)
        })
    }

    fn accepted(&mut self, reader: Node<'a>, value: &Value) -> Verdict {
        self.prover
            .ask(|prover| accepted(prover, reader, value, &[]))
    }

    fn annotations(&mut self, old: Node<'a>, new: Node<'a>, step: &Step) {
        let origin = (old.id(), new.id());
        let mut note = |difference| self.push(step, difference, origin, COMPATIBLE);
        if old.get("description") != new.get("description") {
            note(Difference::Documentation);
        }
        if let (Some(old), Some(new)) = (old.get("default"), new.get("default"))
            && old != new
        {
            note(Difference::Default(old, new));
        }
        let is_deprecated = new.is("deprecated", true);
        if old.is("deprecated", true) != is_deprecated {
            note(Difference::Deprecated(is_deprecated));
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
        let mut verdicts = COMPATIBLE;
        let difference = if a.nullable && !b.nullable && b.types != Types::ALL {
            verdicts[BACKWARD] = self.prover.ask(|prover| prover.included(&null, new));
            Difference::NoLongerNull
        } else if b.nullable && !a.nullable && a.types != Types::ALL {
            verdicts[FORWARD] = self.prover.ask(|prover| prover.included(&null, old));
            Difference::NowNull
        } else {
            return;
        };
        self.here(old, new, verdicts, difference);
    }

    fn retyped(&mut self, a: &View<'a>, b: &View<'a>, old: Node<'a>, new: Node<'a>) {
        let verdicts = self.verdicts(old, new);
        let (before, after) = (a.kind(), b.kind());
        let difference = if before == after {
            Difference::Other {
                verdict: verdicts[BACKWARD].max(verdicts[FORWARD]),
                obstacles: Vec::new(),
            }
        } else {
            Difference::Type(before, after)
        };
        self.here(old, new, verdicts, difference);
    }

    fn values(&mut self, before: &[&'a Value], after: &[&'a Value], old: Node<'a>, new: Node<'a>) {
        let (known, now) = (
            ValueSet::of(before.iter().copied()),
            ValueSet::of(after.iter().copied()),
        );
        if let ([a], [b]) = (before, after)
            && !now.contains(a)
        {
            let verdicts = [self.accepted(new, a), self.accepted(old, b)];
            let is_name = self.is_event && self.places.is_at(self.current, "name");
            return self.here(old, new, verdicts, Difference::Constant(a, b, is_name));
        }
        for (values, others, reader, added) in
            [(before, &now, new, false), (after, &known, old, true)]
        {
            for value in values.iter().filter(|value| !others.contains(value)) {
                let verdict = self.accepted(reader, value);
                let id = std::ptr::from_ref(*value).addr();
                self.one_sided(id, added, verdict, Difference::Value(value, added));
            }
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
        for (one, other) in matching.kept.into_values() {
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
        for (variants, reader, added) in
            [(matching.removed, new, false), (matching.added, old, true)]
        {
            for variant in variants.into_values() {
                let verdict = match variant.kind {
                    VariantKind::Value(value) => self.accepted(reader, value),
                    _ => self.prover.verdict(variant.node, reader).0,
                };
                self.one_sided(variant.node.id(), added, verdict, variant.difference(added));
            }
        }
    }

    fn keywords(&mut self, old: Node<'a>, new: Node<'a>, keys: &[&str]) -> Verdicts {
        keys.iter().fold(COMPATIBLE, |[backward, forward], key| {
            let one = self.both(old, new, |p, writer, reader| {
                keyword(p, writer, reader, key)
            });
            [backward.max(one[BACKWARD]), forward.max(one[FORWARD])]
        })
    }

    fn limits(&mut self, old: Node<'a>, new: Node<'a>) {
        let reported = self.number_type(old, new);
        let (a, b) = (old.items().0.len(), new.items().0.len());
        for (key, _) in LIMITS {
            // A tuple of another length is one change.
            let is_length = a != b && matches!(key, "minItems" | "maxItems");
            // `uniqueItems` may also be `false`.
            let is_same = key == "uniqueItems" && old.is(key, true) == new.is(key, true);
            if is_length || is_same || reported.contains(&key) || !differ(old, new, key) {
                continue;
            }
            let verdicts = self.keywords(old, new, &[key]);
            let difference = Difference::Limit {
                key,
                old: old.get(key),
                new: new.get(key),
                is_id: self.is_event && self.places.is_at(self.current, "id"),
            };
            self.here(old, new, verdicts, difference);
        }
        if a != b {
            let verdicts = self.verdicts(old, new);
            self.here(old, new, verdicts, Difference::Length(a, b));
        }
    }

    /// Reports another number type as one change: a format with the bounds that it implies, or both
    /// bounds. Returns the keywords that are reported.
    fn number_type(&mut self, old: Node<'a>, new: Node<'a>) -> Vec<&'static str> {
        let bounds = ["minimum", "maximum"].into_iter();
        let mut keys: Vec<_> = bounds.filter(|key| differ(old, new, key)).collect();
        let range = |node: Node<'a>| node.get("minimum").zip(node.get("maximum"));
        let difference = if differ(old, new, "format") {
            keys.retain(|key| is_implied_by_format(old, key) && is_implied_by_format(new, key));
            keys.push("format");
            Difference::Limit {
                key: "format",
                old: old.get("format"),
                new: new.get("format"),
                is_id: false,
            }
        } else if let (Some(old), Some(new), 2) = (range(old), range(new), keys.len()) {
            Difference::Range(old, new)
        } else {
            return Vec::new();
        };
        let verdicts = self.keywords(old, new, &keys);
        self.here(old, new, verdicts, difference);
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
        let attached = self.is_attached(&a);
        for name in a
            .named()
            .union(&b.named())
            .copied()
            .collect::<BTreeSet<_>>()
        {
            let step = Step::Property(name.to_owned());
            let (before, after) = (a.declaration(name), b.declaration(name));
            let (was_required, is_required) = (a.requires(name), b.requires(name));
            let (difference, verdicts) = match (before, after) {
                (None, Some(_)) | (Some(_), None) => {
                    let difference = match after {
                        Some(after) => Difference::Added {
                            required: is_required,
                            nullable: View::of(after).nullable,
                            attached,
                        },
                        None => Difference::Removed {
                            required: was_required,
                        },
                    };
                    let verdicts = self.both(&a, &b, |prover, writer, reader| {
                        property_verdict(prover, writer, reader, name)
                    });
                    (difference, verdicts)
                }
                _ if was_required != is_required => {
                    let difference = if is_required {
                        Difference::NowRequired
                    } else {
                        Difference::NowOptional
                    };
                    let verdicts = self.both(&a, &b, |prover, writer, reader| {
                        requirement(prover, writer, reader, name)
                    });
                    (difference, verdicts)
                }
                (Some(before), Some(after)) => {
                    self.place(before, after, step);
                    continue;
                }
                (None, None) => continue,
            };
            let id = |node: Option<Node<'a>>| node.map_or(0, Node::id);
            let mut origin = (id(before), id(after));
            if origin == (0, 0) {
                origin = (old.id(), new.id());
            }
            self.push(&step, difference, origin, verdicts);
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
        let patterns = new.child("patternProperties");
        for (pattern, before) in old.map("patternProperties") {
            if let Some(after) = patterns.and_then(|map| map.child(pattern)) {
                self.place(before, after, Step::Others);
            }
        }
        let rests = [old, new].map(|node| node.child("additionalProperties"));
        let closed = rests.map(|rest| rest.is_some_and(|rest| *rest.value == false));
        let schemas = rests.map(|rest| rest.filter(|rest| rest.value.is_object()));
        let difference = match (closed, schemas) {
            ([true, false], _) => Undeclared::Allowed,
            ([false, true], _) => Undeclared::Refused,
            (_, [Some(before), Some(after)]) => return self.place(before, after, Step::Others),
            (_, [None, Some(_)]) => Undeclared::OfOneType,
            (_, [Some(_), None]) => Undeclared::OfAnyType,
            (_, [None, None]) => return,
        };
        let verdicts = self.both((a, old), (b, new), |prover, (writer, _), (_, reader)| {
            rest(prover, writer, reader)
        });
        self.here(old, new, verdicts, Difference::Undeclared(difference));
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
    let Some([low, high]) = node.get("format").and_then(bounds_of_format) else {
        return false;
    };
    let end = if key == "minimum" { low } else { high };
    let integer = |bound| Decimal::of(bound).and_then(Decimal::as_integer);
    (node.get(key)).is_none_or(|bound| integer(bound) == end.value.as_integer())
}
