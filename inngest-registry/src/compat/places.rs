//! The places of a comparison: pairs of schemas, each once, and the changes found in them.
//!
//! Each difference gets its verdict from the piece that changed. Not every break of a piece breaks
//! the whole: a change is at most as bad as all places on some way to it. Where a place is worse
//! than everything found in it, a general change says so there. So the worst of the changes is
//! always the verdict of the whole.

use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};

use super::advice::Advice;
use super::change::{Change, Comparison};
use super::difference::Difference;
use super::node::Node;
use super::verdict::Verdict;

/// Other places of a change that are listed.
const MAX_OTHERS: usize = 10;

/// Verdicts of both directions.
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

/// A difference that was found.
pub(super) struct Found<'a> {
    pub(super) path: String,
    pub(super) difference: Difference<'a>,
    pub(super) verdicts: Verdicts,
    /// The schemas that differ, by which the same difference is known when it is found again.
    pub(super) origin: (usize, usize),
}

/// A pair of schemas at a place.
pub(super) struct Place<'a> {
    pub(super) old: Node<'a>,
    pub(super) new: Node<'a>,
    /// The shortest way to it.
    pub(super) path: String,
    /// Other ways to it.
    others: Vec<String>,
    /// The place on the shortest way to it.
    parent: Option<usize>,
    pub(super) verdicts: Verdicts,
    pub(super) obstacles: Vec<&'static str>,
    pub(super) found: Vec<Found<'a>>,
    /// The places that it uses.
    uses: Vec<usize>,
}

/// All places, in the order of the length of the way to them.
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

    /// Adds a pair of schemas. Returns whether it is new.
    pub(super) fn add(
        &mut self,
        parent: Option<usize>,
        (old, new): (Node<'a>, Node<'a>),
        path: String,
    ) -> bool {
        let next = self.all.len();
        let id = *self.ids.entry((old.id(), new.id())).or_insert(next);
        if let Some(parent) = parent.and_then(|parent| self.all.get_mut(parent)) {
            parent.uses.push(id);
        }
        if let Some(known) = self.all.get_mut(id) {
            if known.others.len() < MAX_OTHERS && !is_within(&path, &known.path) {
                known.others.push(path);
            }
            return false;
        }
        self.all.push(Place {
            old,
            new,
            path,
            others: Vec::new(),
            parent,
            verdicts: Verdicts::COMPATIBLE,
            obstacles: Vec::new(),
            found: Vec::new(),
            uses: Vec::new(),
        });
        true
    }

    /// The changes, brought in line with the verdicts on the places.
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

    /// How bad a change in each place may be: as bad as the mildest place on the worst way to it.
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

    /// Adds general changes where a place is worse than everything that was found in it.
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
                    // A place whose parts are to blame says nothing itself. Where each is a part of
                    // the other, the outermost speaks.
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

    /// For each place, whether a change in it or in a place that it uses is as bad.
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
            path: place.path.clone(),
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
        for place in &self.all {
            for found in &place.found {
                let (subject, what) = found.difference.words();
                let others = self.other_paths(place, &found.path);
                let change = Change {
                    path: found.path.clone(),
                    also_at: others,
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

    /// The other places of a change: those where a definition is used in which it is.
    fn other_paths(&self, place: &Place<'a>, path: &str) -> Vec<String> {
        let mut others = Vec::new();
        let mut next = Some(place);
        while let Some(place) = next {
            if let Some(rest) = path.strip_prefix(&place.path) {
                let known = others.len();
                let used = place.others.iter().take(MAX_OTHERS.saturating_sub(known));
                others.extend(used.map(|other| format!("{other}{rest}")));
            }
            next = place.parent.and_then(|parent| self.all.get(parent));
        }
        others.sort();
        others.dedup();
        others
    }
}

impl Change {
    /// Joins the same change at another place with this one.
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

/// Whether a path leads into a place.
fn is_within(path: &str, place: &str) -> bool {
    let rest = path.strip_prefix(place);
    rest.is_some_and(|rest| {
        place.is_empty() || rest.is_empty() || rest.starts_with(['.', '[', '{', '<'])
    })
}
