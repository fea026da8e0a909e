//! Collects the differences at each place, and makes the list of changes from them.
//!
//! A place is a pair of schemas. Each pair is visited once, however many paths lead to it.
//!
//! A difference gets its verdict from the piece that changed. A change that breaks a piece need not
//! break the whole: it is only as bad as the mildest place on the worst path to it. If a place is worse
//! than all changes in it, a general change is added there. So the worst change always has the verdict
//! of the whole.

#![expect(
    clippy::indexing_slicing,
    reason = "a place keeps its index, places are never removed, and there are two directions"
)]

use std::collections::btree_map::{BTreeMap, Entry};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

use super::change::{Change, Comparison};
use super::difference::Difference;
use super::node::Node;
use super::verdict::Verdict;
use crate::walk::push_property;

/// The most other paths that are listed for a change.
const MAX_OTHERS: usize = 10;

/// The most steps to a place that [`Places::is_at`] recognizes.
const MAX_NAMED: usize = 3;

/// A verdict for each direction.
pub(super) type Verdicts = [Verdict; 2];

pub(super) const BACKWARD: usize = 0;
pub(super) const FORWARD: usize = 1;
pub(super) const COMPATIBLE: Verdicts = [Verdict::Compatible; 2];

/// A step from a place to a part of it.
#[derive(Clone)]
pub(super) enum Step {
    Here,
    Property(String),
    Item(usize),
    AllItems,
    /// The properties that are not declared.
    Others,
    Variant(String),
}

impl Step {
    fn push_to(&self, path: &mut String) {
        // Writing to a `String` does not fail.
        let _ = match self {
            Self::Here => Ok(()),
            Self::Property(name) => {
                push_property(path, name);
                Ok(())
            }
            Self::Item(index) => write!(path, "[{index}]"),
            Self::AllItems => write!(path, "[]"),
            Self::Others => write!(path, "{{}}"),
            Self::Variant(name) => write!(path, "<{name}>"),
        };
    }
}

/// A difference that was found.
pub(super) struct Found<'a> {
    pub(super) step: Step,
    pub(super) difference: Difference<'a>,
    pub(super) verdicts: Verdicts,
    /// The schemas that differ. They identify the difference if it is found again.
    pub(super) origin: (usize, usize),
}

/// A pair of schemas at a place.
pub(super) struct Place<'a> {
    pub(super) old: Node<'a>,
    pub(super) new: Node<'a>,
    /// The last step of the shortest path, and the place where it starts.
    way: Option<(usize, Step)>,
    /// The last steps of other paths.
    other_ways: Vec<(usize, Step)>,
    pub(super) verdicts: Verdicts,
    pub(super) obstacles: Vec<&'static str>,
    pub(super) found: Vec<Found<'a>>,
    /// The places of its parts.
    uses: Vec<usize>,
}

/// All places, ordered by the length of the shortest path. A place keeps its index, its id.
#[derive(Default)]
pub(super) struct Places<'a> {
    pub(super) all: Vec<Place<'a>>,
    ids: HashMap<(usize, usize), usize>,
}

impl<'a> Places<'a> {
    /// Adds a pair of schemas, and the step to it from another place.
    pub(super) fn add(&mut self, way: Option<(usize, Step)>, old: Node<'a>, new: Node<'a>) {
        let next = self.all.len();
        let id = *self.ids.entry((old.id(), new.id())).or_insert(next);
        if let Some((user, _)) = &way {
            self.all[*user].uses.push(id);
        }
        if id < next {
            self.all[id].other_ways.extend(way);
            return;
        }
        self.all.push(Place {
            old,
            new,
            way,
            other_ways: Vec::new(),
            verdicts: COMPATIBLE,
            obstacles: Vec::new(),
            found: Vec::new(),
            uses: Vec::new(),
        });
    }

    /// The places on the shortest path to the root, starting with the place itself.
    fn to_root(&self, id: usize) -> impl Iterator<Item = (usize, &Place<'a>)> {
        let before = |id: &usize| Some(self.all[*id].way.as_ref()?.0);
        std::iter::successors(Some(id), before).map(|id| (id, &self.all[id]))
    }

    /// The shortest path to a place.
    fn path(&self, id: usize) -> String {
        let steps = self.to_root(id).filter_map(|(_, place)| place.way.as_ref());
        let steps: Vec<_> = steps.map(|(_, step)| step).collect();
        let mut path = String::new();
        steps.iter().rev().for_each(|step| step.push_to(&mut path));
        path
    }

    /// Whether the place has this path, which must be short.
    pub(super) fn is_at(&self, id: usize, path: &str) -> bool {
        self.to_root(id).nth(MAX_NAMED).is_none() && self.path(id) == path
    }

    /// The comparison, with changes that agree with the verdicts on the places.
    pub(super) fn comparison(mut self, is_event: bool) -> Comparison {
        for direction in [BACKWARD, FORWARD] {
            let limits = self.limits(direction);
            for (place, limit) in self.all.iter_mut().zip(limits) {
                place.verdicts[direction] = limit;
                for found in &mut place.found {
                    let verdict = &mut found.verdicts[direction];
                    *verdict = limit.min(*verdict);
                }
            }
            for verdict in [Verdict::Breaking, Verdict::Unknown] {
                self.explain(direction, verdict);
            }
        }
        let mut changes = self.changes(is_event);
        changes.sort_by(|a, b| (&a.path, &a.what).cmp(&(&b.path, &b.what)));
        Comparison {
            backward: Verdict::worst(changes.iter().map(|change| change.backward)),
            forward: Verdict::worst(changes.iter().map(|change| change.forward)),
            changes,
        }
    }

    /// The worst verdict that a change in each place may have: the mildest verdict on the worst path.
    fn limits(&self, direction: usize) -> Vec<Verdict> {
        let mut limits = vec![Verdict::Compatible; self.all.len()];
        for verdict in [Verdict::Breaking, Verdict::Unknown] {
            let mut seen = HashSet::new();
            // The root is the first place.
            let mut open = vec![0];
            while let Some(id) = open.pop() {
                let place = &self.all[id];
                if place.verdicts[direction] >= verdict && seen.insert(id) {
                    limits[id] = verdict.max(limits[id]);
                    open.extend(&place.uses);
                }
            }
        }
        limits
    }

    /// Adds a general change to each place that has this verdict while no change in it has.
    fn explain(&mut self, direction: usize, verdict: Verdict) {
        loop {
            let explained = self.explained(direction, verdict);
            let is_open = |id: usize| self.all[id].verdicts[direction] == verdict && !explained[id];
            // If a part is to blame, the place itself is not. In a circle, blame the outermost place.
            let to_blame = |id: &usize| {
                let mut parts = self.all[*id].uses.iter();
                is_open(*id) && parts.all(|part| part == id || !is_open(*part))
            };
            let mut blamed: Vec<_> = (0..self.all.len()).filter(to_blame).collect();
            if blamed.is_empty() {
                blamed.extend((0..self.all.len()).find(|id| is_open(*id)));
            }
            if blamed.is_empty() {
                break;
            }
            for id in blamed {
                self.all[id].blame(direction, verdict);
            }
        }
    }

    /// For each place, whether a change in it or in one of its parts has this verdict.
    fn explained(&self, direction: usize, verdict: Verdict) -> Vec<bool> {
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); self.all.len()];
        let mut open = Vec::new();
        for (id, place) in self.all.iter().enumerate() {
            for used in &place.uses {
                users[*used].push(id);
            }
            let mut found = place.found.iter();
            if found.any(|found| found.verdicts[direction] == verdict) {
                open.push(id);
            }
        }
        let mut explained = vec![false; self.all.len()];
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut explained[id], true) {
                open.extend(&users[id]);
            }
        }
        explained
    }

    fn changes(&self, is_event: bool) -> Vec<Change> {
        let mut changes: BTreeMap<_, (Change, &Difference<'_>)> = BTreeMap::new();
        for (id, place) in self.all.iter().enumerate() {
            if place.found.is_empty() {
                continue;
            }
            let (path, others) = (self.path(id), self.other_paths(id));
            for found in &place.found {
                let (subject, what) = found.difference.words();
                let with_step = |path: &String| {
                    let mut path = path.clone();
                    found.step.push_to(&mut path);
                    path
                };
                let change = Change {
                    path: with_step(&path),
                    also_at: others.iter().map(with_step).collect(),
                    what: what.clone(),
                    backward: found.verdicts[BACKWARD],
                    forward: found.verdicts[FORWARD],
                    fix: None,
                    subject,
                    own_fix: None,
                };
                match changes.entry((found.origin, what)) {
                    Entry::Vacant(entry) => {
                        entry.insert((change, &found.difference));
                    }
                    Entry::Occupied(mut entry) => entry.get_mut().0.join(change),
                }
            }
        }
        let changes = changes.into_values().map(|(mut change, difference)| {
            if let Some(fix) = difference.fix([change.backward, change.forward], is_event) {
                (change.fix, change.own_fix) = (Some(fix.whole), Some(fix.own));
            }
            if change.path.is_empty() {
                "$".clone_into(&mut change.path);
            }
            change
        });
        changes.collect()
    }

    /// Other paths to a place: the other uses of the definitions around it. A definition that uses
    /// itself does not count.
    fn other_paths(&self, id: usize) -> Vec<String> {
        let mut paths = BTreeSet::new();
        // The steps from the definition to the place.
        let mut steps: Vec<&Step> = Vec::new();
        for (definition, place) in self.to_root(id) {
            for (user, step) in &place.other_ways {
                if paths.len() == MAX_OTHERS {
                    break;
                }
                if self.to_root(*user).all(|(id, _)| id != definition) {
                    let mut path = self.path(*user);
                    step.push_to(&mut path);
                    steps.iter().rev().for_each(|step| step.push_to(&mut path));
                    paths.insert(path);
                }
            }
            steps.extend(place.way.as_ref().map(|(_, step)| step));
        }
        paths.into_iter().collect()
    }
}

impl Place<'_> {
    /// Adds a general change with this verdict.
    fn blame(&mut self, direction: usize, verdict: Verdict) {
        let origin = (self.old.id(), self.new.id());
        for found in &mut self.found {
            if found.origin == origin
                && let Difference::Other { verdict: worst, .. } = &mut found.difference
            {
                *worst = verdict.max(*worst);
                found.verdicts[direction] = verdict;
                return;
            }
        }
        let mut verdicts = COMPATIBLE;
        verdicts[direction] = verdict;
        let obstacles = self.obstacles.clone();
        self.found.push(Found {
            step: Step::Here,
            difference: Difference::Other { verdict, obstacles },
            verdicts,
            origin,
        });
    }
}

impl Change {
    /// Merges the same change at another place into this one.
    fn join(&mut self, other: Self) {
        self.backward = self.backward.max(other.backward);
        self.forward = self.forward.max(other.forward);
        if other.path != self.path && self.also_at.len() < MAX_OTHERS {
            self.also_at.push(other.path);
            self.also_at.sort();
            self.also_at.dedup();
        }
    }
}
