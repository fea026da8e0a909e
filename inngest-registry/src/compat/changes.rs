//! The changes by name: both schemas walked through side by side.
//!
//! The verdict is the prover's. Each change gets its own from the piece that changed, and is at most
//! as bad as that of every place around it; where a place is worse than all the changes in it, a
//! general change says so there. So the worst of the changes is always the verdict of the whole.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::node::{Case, Facts, Node, Types};
use super::prove::{Prover, milder, worse, worst};
use super::view::{Variant, VariantKind, View, quoted, unwrapped, variants};
use super::words::{self, Kind};
use super::{Change, Comparison, Strictness, Verdict};
use crate::walk::property;

/// Places that are walked through; of what is beyond, only the verdict is told.
const MAX_PLACES: usize = 5_000;
const MAX_DEPTH: usize = 100;

pub(super) fn compare(old: &Value, new: &Value, strictness: Strictness, event: bool) -> Comparison {
    let mut walk = Walk {
        prover: Prover::new(strictness),
        event,
        found: Vec::new(),
        under_way: Vec::new(),
        places: 0,
    };
    walk.place(Node::root(old), Node::root(new), "");
    let mut changes: Vec<Change> = walk.found.into_iter().map(|f| f.change(event)).collect();
    changes.sort_by(|a, b| (&a.path, &a.what).cmp(&(&b.path, &b.what)));
    changes.dedup();
    Comparison {
        backward: worst(changes.iter().map(|change| change.backward)),
        forward: worst(changes.iter().map(|change| change.forward)),
        changes,
    }
}

struct Found {
    path: String,
    what: String,
    kind: Kind,
    backward: Verdict,
    forward: Verdict,
}

impl Found {
    fn change(self, event: bool) -> Change {
        Change {
            fix: words::fix(self.kind, self.backward, self.forward, event),
            path: if self.path.is_empty() {
                "$".into()
            } else {
                self.path
            },
            what: self.what,
            backward: self.backward,
            forward: self.forward,
        }
    }
}

struct Walk<'a> {
    prover: Prover<'a>,
    event: bool,
    found: Vec<Found>,
    under_way: Vec<(usize, usize)>,
    places: usize,
}

/// The outermost place that a place leads back to, by the depth of it.
type Back = usize;
const NOT_BACK: Back = usize::MAX;

impl<'a> Walk<'a> {
    fn push(&mut self, path: &str, kind: Kind, what: String, backward: Verdict, forward: Verdict) {
        self.found.push(Found {
            path: path.to_owned(),
            what,
            kind,
            backward,
            forward,
        });
    }

    fn annotation(&mut self, path: &str, what: &str) {
        let none = Verdict::Compatible;
        self.push(path, Kind::Annotation, what.to_owned(), none, none);
    }

    fn place(&mut self, old: Node<'a>, new: Node<'a>, path: &str) -> Back {
        self.annotations(old, new, path);
        let (a, b) = (unwrapped(old), unwrapped(new));
        let pair = (a.id(), b.id());
        if let Some(depth) = self.under_way.iter().position(|known| *known == pair) {
            return depth;
        }
        let depth = self.under_way.len();
        let first = self.found.len();
        self.places += 1;
        let mut back = NOT_BACK;
        if self.places <= MAX_PLACES && depth < MAX_DEPTH {
            self.under_way.push(pair);
            if old.id() != a.id() || new.id() != b.id() {
                self.annotations(a, b, path);
            }
            back = self.differences(a, b, path);
            self.under_way.pop();
        }
        let complete = back >= depth;
        self.settle(first, old, new, path, complete);
        if complete { NOT_BACK } else { back }
    }

    /// Brings the changes within a place in line with its verdict.
    fn settle(&mut self, first: usize, old: Node<'a>, new: Node<'a>, path: &str, complete: bool) {
        let before = std::mem::take(&mut self.prover.obstacles);
        let backward = self.prover.included(&Case::of([old]), new);
        let forward = self.prover.included(&Case::of([new]), old);
        let obstacles = std::mem::take(&mut self.prover.obstacles);
        let within = self.found.get_mut(first..).unwrap_or_default();
        for found in within.iter_mut() {
            found.backward = milder(found.backward, backward);
            found.forward = milder(found.forward, forward);
        }
        let missing = |verdict: Verdict, side: fn(&Found) -> Verdict| {
            let said = within.iter().any(|found| side(found) == verdict);
            if said { Verdict::Compatible } else { verdict }
        };
        let backward = missing(backward, |found| found.backward);
        let forward = missing(forward, |found| found.forward);
        let verdict = worse(backward, forward);
        if complete && verdict != Verdict::Compatible {
            let mut obstacles: Vec<_> = obstacles.into_iter().collect();
            if obstacles.is_empty() {
                obstacles = before.iter().copied().collect();
            }
            let what = words::other(verdict, &obstacles);
            self.push(path, Kind::Other, what, backward, forward);
        }
        self.prover.obstacles.extend(before);
    }

    fn annotations(&mut self, old: Node<'a>, new: Node<'a>, path: &str) {
        if old.get("description") != new.get("description") {
            self.annotation(path, "its documentation changed");
        }
        if let (Some(a), Some(b)) = (old.get("default"), new.get("default"))
            && a != b
        {
            let what = format!("its default was {} and is now {}", quoted(a), quoted(b));
            self.annotation(path, &what);
        }
        let deprecated = |node: Node<'a>| node.get("deprecated") == Some(&Value::Bool(true));
        match (deprecated(old), deprecated(new)) {
            (false, true) => self.annotation(path, "is now deprecated"),
            (true, false) => self.annotation(path, "is no longer deprecated"),
            _ => {}
        }
    }

    fn differences(&mut self, old: Node<'a>, new: Node<'a>, path: &str) -> Back {
        let (a, b) = (View::of(old), View::of(new));
        self.nullability(&a, &b, old, new, path);
        let unions = !a.branches.is_empty() || !b.branches.is_empty();
        match (&a.values, &b.values) {
            (Some(before), Some(after)) => {
                self.values(before, after, old, new, path);
                return NOT_BACK;
            }
            (None, None) => {}
            _ if unions => {}
            _ => return self.retyped(&a, &b, old, new, path),
        }
        let mut back = NOT_BACK;
        if unions {
            let (before, after) = (variants(&a), variants(&b));
            let known = |one: &Variant<'a>| after.iter().any(|other| other.name == one.name);
            let simple = a.branches.is_empty() || b.branches.is_empty();
            if simple && !before.iter().any(known) {
                return self.retyped(&a, &b, old, new, path);
            }
            back = self.variants(&before, &after, old, new, path);
            if simple {
                return back;
            }
        } else if a.types != b.types {
            return self.retyped(&a, &b, old, new, path);
        }
        self.limits(a.node, b.node, path);
        if !a.types.and(b.types).and(Types::ARRAY).is_empty() {
            back = back.min(self.items(a.node, b.node, path));
        }
        if !a.types.and(b.types).and(Types::OBJECT).is_empty() {
            back = back.min(self.properties(a.node, b.node, path));
        }
        back
    }

    fn nullability(
        &mut self,
        a: &View<'a>,
        b: &View<'a>,
        old: Node<'a>,
        new: Node<'a>,
        path: &str,
    ) {
        let null = || Case::of(Types::NULL.split());
        if a.nullable && !b.nullable && b.types != Types::ALL {
            let backward = self.prover.included(&null(), new);
            let what = "may no longer be `null`".to_owned();
            self.push(
                path,
                Kind::NoLongerNull,
                what,
                backward,
                Verdict::Compatible,
            );
        } else if b.nullable && !a.nullable && a.types != Types::ALL {
            let forward = self.prover.included(&null(), old);
            let what = "may now be `null`".to_owned();
            self.push(path, Kind::NowNull, what, Verdict::Compatible, forward);
        }
    }

    fn retyped(
        &mut self,
        a: &View<'a>,
        b: &View<'a>,
        old: Node<'a>,
        new: Node<'a>,
        path: &str,
    ) -> Back {
        let backward = self.prover.included(&Case::of([old]), new);
        let forward = self.prover.included(&Case::of([new]), old);
        let (before, after) = (a.kind(), b.kind());
        let what = if before == after {
            words::other(worse(backward, forward), &[])
        } else {
            format!("its type was {before} and is now {after}")
        };
        self.push(path, Kind::Type, what, backward, forward);
        NOT_BACK
    }

    fn values(
        &mut self,
        before: &[&'a Value],
        after: &[&'a Value],
        old: Node<'a>,
        new: Node<'a>,
        path: &str,
    ) {
        let lacks =
            |list: &[&'a Value], value: &Value| !list.iter().any(|v| super::equal(v, value));
        let none = Verdict::Compatible;
        if let ([a], [b]) = (before, after)
            && lacks(after, a)
        {
            let what = format!("was {} and is now {}", quoted(a), quoted(b));
            let backward = self.prover.accepted(new, a);
            let forward = self.prover.accepted(old, b);
            let kind = if self.event && path == "name" {
                Kind::Name
            } else {
                Kind::Other
            };
            self.push(path, kind, what, backward, forward);
            return;
        }
        for value in before.iter().filter(|value| lacks(after, value)) {
            let what = format!("the value {} was removed", quoted(value));
            let backward = self.prover.accepted(new, value);
            self.push(path, Kind::Option { added: false }, what, backward, none);
        }
        for value in after.iter().filter(|value| lacks(before, value)) {
            let what = format!("the value {} was added", quoted(value));
            let forward = self.prover.accepted(old, value);
            self.push(path, Kind::Option { added: true }, what, none, forward);
        }
    }

    fn variants(
        &mut self,
        before: &[Variant<'a>],
        after: &[Variant<'a>],
        old: Node<'a>,
        new: Node<'a>,
        path: &str,
    ) -> Back {
        let none = Verdict::Compatible;
        let mut back = NOT_BACK;
        for one in before {
            if let Some(other) = after.iter().find(|other| other.name == one.name) {
                back = back.min(match (&one.kind, &other.kind) {
                    (VariantKind::Value(_), VariantKind::Value(_)) => NOT_BACK,
                    (VariantKind::Wrapped(a), VariantKind::Wrapped(b)) => {
                        self.place(*a, *b, &property(path, &one.name))
                    }
                    (VariantKind::Typed, VariantKind::Typed) => {
                        self.place(one.node, other.node, path)
                    }
                    _ => self.place(one.node, other.node, &format!("{path}<{}>", one.name)),
                });
                continue;
            }
            let backward = self.option(one, new);
            let kind = Kind::Option { added: false };
            self.push(path, kind, option_words(one, false), backward, none);
        }
        for one in after {
            if before.iter().all(|other| other.name != one.name) {
                let forward = self.option(one, old);
                let kind = Kind::Option { added: true };
                self.push(path, kind, option_words(one, true), none, forward);
            }
        }
        back
    }

    /// Whether a variant of one side is accepted by the other.
    fn option(&mut self, variant: &Variant<'a>, reader: Node<'a>) -> Verdict {
        match variant.kind {
            VariantKind::Value(value) => self.prover.accepted(reader, value),
            _ => self.prover.included(&Case::of([variant.node]), reader),
        }
    }

    fn limits(&mut self, old: Node<'a>, new: Node<'a>, path: &str) {
        let (a, b) = (old.items().0.len(), new.items().0.len());
        for (key, name) in words::LIMITS {
            // That a tuple is longer is said once.
            if a != b && matches!(key, "minItems" | "maxItems") {
                continue;
            }
            let Some(what) = words::limit(key, name, old.get(key), new.get(key)) else {
                continue;
            };
            let backward = self.prover.keyword(old, new, key);
            let forward = self.prover.keyword(new, old, key);
            let kind = match key {
                // Of a number it is the type that the program has.
                "format" => Kind::Type,
                _ if self.event && path == "id" => Kind::Id,
                _ => Kind::Limit,
            };
            self.push(path, kind, what, backward, forward);
        }
        if a != b {
            let backward = self.prover.included(&Case::of([old]), new);
            let forward = self.prover.included(&Case::of([new]), old);
            let what = match (a, b) {
                (0, _) => format!("was a list and is now a tuple of {b} items"),
                (_, 0) => format!("was a tuple of {a} items and is now a list"),
                _ => format!("was a tuple of {a} items and is now one of {b}"),
            };
            self.push(path, Kind::Type, what, backward, forward);
        }
    }

    fn items(&mut self, old: Node<'a>, new: Node<'a>, path: &str) -> Back {
        let ((a, a_rest), (b, b_rest)) = (old.items(), new.items());
        let mut back = NOT_BACK;
        for (index, (a, b)) in a.into_iter().zip(b).enumerate() {
            back = back.min(self.place(a, b, &format!("{path}[{index}]")));
        }
        match (a_rest, b_rest) {
            (Some(a), Some(b)) => back.min(self.place(a, b, &format!("{path}[]"))),
            _ => back,
        }
    }

    fn properties(&mut self, old: Node<'a>, new: Node<'a>, path: &str) -> Back {
        let (a, b) = (Case::of([old]).facts(), Case::of([new]).facts());
        let (before, after) = (a.declared(), b.declared());
        let mut back = NOT_BACK;
        let none = Verdict::Compatible;
        let required: BTreeSet<_> = a.required().chain(b.required()).collect();
        for name in before
            .union(&after)
            .chain(required.iter())
            .collect::<BTreeSet<_>>()
        {
            let at = property(path, name);
            let (was, is) = (before.contains(name), after.contains(name));
            let (was_required, is_required) = (a.requires(name), b.requires(name));
            if was == is {
                if was_required && !is_required {
                    let what = "was required and is now optional".to_owned();
                    let forward = self.prover.requirement(&b, &a, name);
                    self.push(&at, Kind::NowOptional, what, none, forward);
                } else if is_required && !was_required {
                    let what = "was optional and is now required".to_owned();
                    let backward = self.prover.requirement(&a, &b, name);
                    self.push(&at, Kind::NowRequired, what, backward, none);
                }
                if let (Some(a), Some(b)) = (declaration(&a, name), declaration(&b, name)) {
                    back = back.min(self.place(a, b, &at));
                }
                continue;
            }
            let backward = self.prover.property_verdict(&a, &b, name);
            let forward = self.prover.property_verdict(&b, &a, name);
            if is {
                let null = declaration(&b, name).is_some_and(|node| View::of(node).nullable);
                let what = match (is_required, null) {
                    (true, false) => "was added, required",
                    (true, true) => "was added and is always written, if only as `null`",
                    (false, _) => "was added, optional",
                };
                let kind = if self.is_attached(path, &before) {
                    Kind::Attached
                } else {
                    Kind::Added {
                        required: is_required,
                    }
                };
                self.push(&at, kind, what.into(), backward, forward);
            } else {
                let what = if was_required {
                    "was removed"
                } else {
                    "was removed; it was optional"
                };
                self.push(&at, Kind::Removed, what.into(), backward, forward);
            }
        }
        back.min(self.other_properties(old, new, &a, &b, path))
    }

    /// Whether what is added here could be sent before: a payload may have any session and, where
    /// its type says nothing of the user, any attributes of the user.
    fn is_attached(&self, path: &str, before: &BTreeSet<&str>) -> bool {
        self.event && (path == "meta.sessions" || (path == "user" && before.is_empty()))
    }

    fn other_properties(
        &mut self,
        old: Node<'a>,
        new: Node<'a>,
        a: &Facts<'a>,
        b: &Facts<'a>,
        path: &str,
    ) -> Back {
        let mut back = NOT_BACK;
        for (pattern, before) in old.map("patternProperties") {
            let after = new.map("patternProperties").find(|(p, _)| *p == pattern);
            if let Some((_, after)) = after {
                back = back.min(self.place(before, after, &format!("{path}{{}}")));
            }
        }
        let rest = |node: Node<'a>| node.child("additionalProperties");
        let closed = |node: Option<Node<'a>>| node.is_some_and(|n| *n.value == json!(false));
        let schema = |node: Option<Node<'a>>| node.filter(|n| n.value.is_object());
        let (before, after) = (rest(old), rest(new));
        let what = match (closed(before), closed(after)) {
            (true, false) => "properties that are not declared are no longer refused",
            (false, true) => "properties that are not declared are now refused",
            (true, true) => return back,
            (false, false) => match (schema(before), schema(after)) {
                (Some(before), Some(after)) => {
                    return back.min(self.place(before, after, &format!("{path}{{}}")));
                }
                (None, Some(_)) => {
                    "properties that are not declared were of any type and are now \
                                    of one"
                }
                (Some(_), None) => {
                    "properties that are not declared were of one type and are now \
                                    of any"
                }
                (None, None) => return back,
            },
        };
        let backward = self.prover.rest(a, new);
        let forward = self.prover.rest(b, old);
        self.push(path, Kind::Rest, what.into(), backward, forward);
        back
    }
}

fn option_words(variant: &Variant<'_>, added: bool) -> String {
    let name = &variant.name;
    match (&variant.kind, added) {
        (VariantKind::Value(_), true) => format!("the value {name} was added"),
        (VariantKind::Value(_), false) => format!("the value {name} was removed"),
        (VariantKind::Typed, true) => format!("may now be {name}, too"),
        (VariantKind::Typed, false) => format!("may no longer be {name}"),
        (_, true) => format!("the variant `{name}` was added"),
        (_, false) => format!("the variant `{name}` was removed"),
    }
}

/// The schema of a property, where there is one.
fn declaration<'a>(facts: &Facts<'a>, name: &str) -> Option<Node<'a>> {
    let mut all = facts.parts.iter().flat_map(|part| part.map("properties"));
    all.find(|(other, _)| *other == name).map(|(_, node)| node)
}
