//! Collects the differences at each place, and makes the list of changes from them.
//!
//! A place is a pair of schemas. Each pair is visited once, however many paths lead to it.
//!
//! A difference gets its verdict from the piece that changed. A change that breaks a piece need not
//! break the whole: it is only as bad as the mildest place on the worst path to it. If a place is worse
//! than all changes in it, a general change is added there. So the worst change always has the verdict
//! of the whole.

use std::collections::btree_map::{BTreeMap, Entry};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use super::advice::Advice;
use super::change::{Change, Comparison};
use super::difference::Difference;
use super::node::Node;
use super::verdict::Verdict;
use crate::walk::push_property;

/// The most other paths that are listed for a change.
const MAX_OTHERS: usize = 10;

/// The most steps to a place that [`Places::is_at`] recognizes.
const MAX_NAMED: usize = 3;

/// The verdicts of both directions.
#[derive(Clone, Copy)]
pub(super) struct Verdicts {
    pub(super) backward: Verdict,
    pub(super) forward: Verdict,
}

impl Verdicts {
    pub(super) const COMPATIBLE: Self = Self {
        backward: Verdict::Compatible,
        forward: Verdict::Compatible,
    };

    fn get(self, direction: Direction) -> Verdict {
        match direction {
            Direction::Backward => self.backward,
            Direction::Forward => self.forward,
        }
    }

    fn get_mut(&mut self, direction: Direction) -> &mut Verdict {
        match direction {
            Direction::Backward => &mut self.backward,
            Direction::Forward => &mut self.forward,
        }
    }
}

#[derive(Clone, Copy)]
enum Direction {
    Backward,
    Forward,
}

const DIRECTIONS: [Direction; 2] = [Direction::Backward, Direction::Forward];

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

/// All places, ordered by the length of the shortest path.
#[derive(Default)]
pub(super) struct Places<'a> {
    all: Vec<Place<'a>>,
    ids: HashMap<(usize, usize), usize>,
}

impl<'a> Places<'a> {
    pub(super) fn get(&self, id: usize) -> Option<&Place<'a>> {
        self.all.get(id)
    }

    pub(super) fn get_mut(&mut self, id: usize) -> Option<&mut Place<'a>> {
        self.all.get_mut(id)
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Adds a pair of schemas, and the step to it from another place.
    pub(super) fn add(&mut self, way: Option<(usize, Step)>, old: Node<'a>, new: Node<'a>) {
        let next = self.all.len();
        let id = *self.ids.entry((old.id(), new.id())).or_insert(next);
        if let Some(user) = way.as_ref().and_then(|(user, _)| self.all.get_mut(*user)) {
            user.uses.push(id);
        }
        if let Some(known) = self.all.get_mut(id) {
            known.other_ways.extend(way);
            return;
        }
        self.all.push(Place {
            old,
            new,
            way,
            other_ways: Vec::new(),
            verdicts: Verdicts::COMPATIBLE,
            obstacles: Vec::new(),
            found: Vec::new(),
            uses: Vec::new(),
        });
    }

    /// The places on the shortest path to the root, starting with the place itself.
    fn to_root(&self, id: usize) -> impl Iterator<Item = (usize, &Place<'a>)> {
        let mut next = Some(id);
        std::iter::from_fn(move || {
            let id = next?;
            let place = self.all.get(id)?;
            next = place.way.as_ref().map(|(user, _)| *user);
            Some((id, place))
        })
    }

    /// The shortest path to a place.
    fn path(&self, id: usize) -> String {
        let steps = self.to_root(id).filter_map(|(_, place)| place.way.as_ref());
        let steps: Vec<_> = steps.map(|(_, step)| step).collect();
        let mut path = String::new();
        for step in steps.into_iter().rev() {
            step.push_to(&mut path);
        }
        path
    }

    /// Whether the place has this path, which must be short.
    pub(super) fn is_at(&self, id: usize, path: &str) -> bool {
        self.to_root(id).nth(MAX_NAMED).is_none() && self.path(id) == path
    }

    /// The comparison, with changes that agree with the verdicts on the places.
    pub(super) fn comparison(mut self, is_event: bool) -> Comparison {
        let limits = DIRECTIONS.map(|direction| self.limits(direction));
        for (id, place) in self.all.iter_mut().enumerate() {
            for (direction, limits) in DIRECTIONS.into_iter().zip(&limits) {
                let limit = limits.get(id).copied().unwrap_or(Verdict::Compatible);
                *place.verdicts.get_mut(direction) = limit;
                for found in &mut place.found {
                    let verdict = found.verdicts.get_mut(direction);
                    *verdict = verdict.or_milder(limit);
                }
            }
        }
        self.explain();
        let mut changes = self.changes(is_event);
        changes.sort_by(|a, b| (&a.path, &a.what).cmp(&(&b.path, &b.what)));
        Comparison {
            backward: Verdict::worst(changes.iter().map(|change| change.backward)),
            forward: Verdict::worst(changes.iter().map(|change| change.forward)),
            changes,
        }
    }

    /// The worst verdict that a change in each place may have: the mildest verdict on the worst path.
    fn limits(&self, direction: Direction) -> Vec<Verdict> {
        let mut limits = vec![Verdict::Compatible; self.all.len()];
        for verdict in [Verdict::Breaking, Verdict::Unknown] {
            let mut open = vec![0];
            let mut seen = vec![false; self.all.len()];
            while let Some(id) = open.pop() {
                let (Some(place), Some(seen), Some(limit)) =
                    (self.all.get(id), seen.get_mut(id), limits.get_mut(id))
                else {
                    continue;
                };
                if *seen || !place.verdicts.get(direction).is_at_least(verdict) {
                    continue;
                }
                *seen = true;
                *limit = limit.or_worse(verdict);
                open.extend(&place.uses);
            }
        }
        limits
    }

    /// Adds a general change to each place that is worse than all changes in it.
    fn explain(&mut self) {
        for direction in DIRECTIONS {
            for verdict in [Verdict::Breaking, Verdict::Unknown] {
                loop {
                    let explained = self.explained(direction, verdict);
                    let is_open = |id: usize| {
                        let place = self.all.get(id)?;
                        let is_open = place.verdicts.get(direction) == verdict;
                        (is_open && explained.get(id) == Some(&false)).then_some(place)
                    };
                    let open: Vec<_> = (0..self.all.len())
                        .filter(|id| is_open(*id).is_some())
                        .collect();
                    // If a part is to blame, the place itself is not. In a circle, blame the
                    // outermost place.
                    let to_blame = |id: &usize| {
                        let others = is_open(*id).into_iter().flat_map(|place| &place.uses);
                        others
                            .filter(|other| *other != id)
                            .all(|other| is_open(*other).is_none())
                    };
                    let mut speaking: Vec<_> = open.iter().copied().filter(to_blame).collect();
                    if speaking.is_empty() {
                        speaking.extend(open.first());
                    }
                    if speaking.is_empty() {
                        break;
                    }
                    for id in speaking {
                        self.blame(id, direction, verdict);
                    }
                }
            }
        }
    }

    /// For each place, whether a change in it or in one of its parts has this verdict.
    fn explained(&self, direction: Direction, verdict: Verdict) -> Vec<bool> {
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); self.all.len()];
        let mut open = Vec::new();
        for (id, place) in self.all.iter().enumerate() {
            for used in &place.uses {
                if let Some(users) = users.get_mut(*used) {
                    users.push(id);
                }
            }
            if place
                .found
                .iter()
                .any(|found| found.verdicts.get(direction) == verdict)
            {
                open.push(id);
            }
        }
        let mut explained = vec![false; self.all.len()];
        while let Some(id) = open.pop() {
            if let Some(known @ false) = explained.get_mut(id) {
                *known = true;
                open.extend(users.get(id).into_iter().flatten());
            }
        }
        explained
    }

    fn blame(&mut self, id: usize, direction: Direction, verdict: Verdict) {
        let Some(place) = self.all.get_mut(id) else {
            return;
        };
        let origin = (place.old.id(), place.new.id());
        let general = place.found.iter_mut().find(|found| {
            found.origin == origin && matches!(found.difference, Difference::Other { .. })
        });
        if let Some(general) = general {
            *general.verdicts.get_mut(direction) = verdict;
            if let Difference::Other { verdict: said, .. } = &mut general.difference {
                *said = said.or_worse(verdict);
            }
            return;
        }
        let mut verdicts = Verdicts::COMPATIBLE;
        *verdicts.get_mut(direction) = verdict;
        place.found.push(Found {
            step: Step::Here,
            difference: Difference::Other {
                verdict,
                obstacles: place.obstacles.clone(),
            },
            verdicts,
            origin,
        });
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
                    backward: found.verdicts.backward,
                    forward: found.verdicts.forward,
                    fix: None,
                    subject,
                    advice: None,
                    rename: None,
                };
                let difference = &found.difference;
                match changes.entry((found.origin, what)) {
                    Entry::Vacant(entry) => {
                        entry.insert((change, difference));
                    }
                    Entry::Occupied(mut entry) => {
                        entry.get_mut().0.join(change);
                    }
                }
            }
        }
        let changes = changes.into_values().map(|(mut change, difference)| {
            let (backward, forward) = (change.backward, change.forward);
            change.advice = Advice::of(difference, backward, forward);
            change.fix = change.advice.map(|advice| advice.sentence(is_event));
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

impl Change {
    /// Merges the same change at another place into this one.
    fn join(&mut self, other: Self) {
        self.backward = self.backward.or_worse(other.backward);
        self.forward = self.forward.or_worse(other.forward);
        if other.path != self.path && self.also_at.len() < MAX_OTHERS {
            self.also_at.push(other.path);
            self.also_at.sort();
            self.also_at.dedup();
        }
    }
}
