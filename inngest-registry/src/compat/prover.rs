//! Keeps the claims of a comparison and their verdicts.
//!
//! A claim says that a reader accepts all values of a case. Its verdict depends on the keywords of both
//! sides and on claims about the parts of the values, their properties and items. Values are finite, so
//! a claim about a part may be assumed until it is refuted; this is how recursive types come to an end.
//! Each claim is judged once, and again only if a claim that it relies on fails.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;

use regex::Regex;

use super::case::{Case, CaseKey, Facts};
use super::node::Node;
use super::pattern;
use super::sameness::Sameness;
use super::summary::{Branches, Summary};
use super::values::ValueSet;
use super::verdict::{Strictness, Verdict};

/// The most claims on one value that may be nested. Deeper schemas are unknown.
const MAX_DEPTH: usize = 100;
/// The steps that a comparison may take, and how many more for each JSON value in the schemas.
/// Realistic schemas need far fewer; schemas that need more are unknown.
const STEPS: usize = 60_000;
const STEPS_PER_SCHEMA: usize = 200;
/// The same for glances, which are cheaper.
const LOOKS: usize = 6_400_000;
const LOOKS_PER_SCHEMA: usize = 2_000;

/// The obstacle if schemas are too deep or too large.
pub(super) const SIZE: &str = "its size";
const ITSELF: &str = "a reference to itself";

/// How schemas are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sense {
    /// As programs write and read them.
    Written,
    /// As Confluent's registry understands them. Its readers fill in defaults.
    Strict,
    /// As every validator understands them. Defaults fill in nothing, and formats may be checked or
    /// not.
    Valid,
}

type ClaimKey = (Sense, CaseKey, usize);

struct Claim<'a> {
    sense: Sense,
    writer: Case<'a>,
    reader: Node<'a>,
    state: State,
    /// Why the verdict is unknown.
    obstacles: BTreeSet<&'static str>,
    /// The claims that rely on it.
    dependents: BTreeSet<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not refuted so far.
    Assumed,
    Proved,
    /// Unknown or breaking.
    Unproved(Verdict),
}

/// The state of judging a single claim.
#[derive(Default)]
struct Evaluation {
    claim: Option<usize>,
    /// Verdicts on the same value, and whether they rely on an assumption.
    verdicts: HashMap<ClaimKey, (Verdict, bool)>,
    under_way: HashSet<ClaimKey>,
    /// How many times an assumption was relied on.
    assumptions: usize,
    /// Whether schemas seem disjoint because of an assumption. If that fails, the verdict may get
    /// milder.
    is_doubtful: bool,
    obstacles: BTreeSet<&'static str>,
}

pub(super) struct Prover<'a> {
    pub(super) sense: Sense,
    claims: Vec<Claim<'a>>,
    ids: HashMap<ClaimKey, usize>,
    to_prove: VecDeque<usize>,
    evaluation: Evaluation,
    empty: HashMap<(Sense, CaseKey), bool>,
    empty_under_way: HashSet<(Sense, CaseKey)>,
    /// How deep a proof of emptiness is inside a value.
    level: usize,
    steps: usize,
    looks: usize,
    sameness: Sameness,
    paradoxes: HashMap<usize, bool>,
    patterns: HashMap<String, Option<Regex>>,
    summaries: HashMap<usize, Rc<Summary<'a>>>,
    branches: HashMap<usize, Rc<Branches<'a>>>,
    value_sets: HashMap<usize, Rc<ValueSet<'a>>>,
    facts: HashMap<CaseKey, Rc<Facts<'a>>>,
}

impl<'a> Prover<'a> {
    /// A prover for two schemas with this many JSON values.
    pub(super) fn new(strictness: Strictness, size: usize) -> Self {
        Self {
            sense: match strictness {
                Strictness::Standard => Sense::Written,
                Strictness::Strict => Sense::Strict,
            },
            claims: Vec::new(),
            ids: HashMap::new(),
            to_prove: VecDeque::new(),
            evaluation: Evaluation::default(),
            empty: HashMap::new(),
            empty_under_way: HashSet::new(),
            level: 0,
            steps: STEPS.saturating_add(size.saturating_mul(STEPS_PER_SCHEMA)),
            looks: LOOKS.saturating_add(size.saturating_mul(LOOKS_PER_SCHEMA)),
            sameness: Sameness::default(),
            paradoxes: HashMap::new(),
            patterns: HashMap::new(),
            summaries: HashMap::new(),
            branches: HashMap::new(),
            value_sets: HashMap::new(),
            facts: HashMap::new(),
        }
    }

    /// Whether the reader accepts everything that the writer writes, and why that is unknown.
    pub(super) fn verdict(
        &mut self,
        writer: Node<'a>,
        reader: Node<'a>,
    ) -> (Verdict, BTreeSet<&'static str>) {
        let verdict = self.ask(|prover| prover.part(&Case::of([writer]), reader));
        (verdict, std::mem::take(&mut self.evaluation.obstacles))
    }

    /// Answers a question after settling all claims that it relies on.
    pub(super) fn ask<T>(&mut self, question: impl Fn(&mut Self) -> T) -> T {
        loop {
            self.evaluation = Evaluation::default();
            let known = self.claims.len();
            let answer = question(self);
            if self.claims.len() == known {
                return answer;
            }
            self.settle(known);
        }
    }

    /// Settles all claims from an index on.
    ///
    /// Claims are assumed until they are refuted. Those that remain are proved. The others are
    /// unknown, until one of their demands is found to break.
    fn settle(&mut self, first: usize) {
        let mut unproved = VecDeque::new();
        let mut doubtful = VecDeque::new();
        let mut first = first;
        loop {
            while let Some((id, is_last_resort)) = self.next_to_prove(&mut doubtful) {
                if self.state(id) != State::Assumed || self.evaluate(id) == Verdict::Compatible {
                    continue;
                }
                if self.evaluation.is_doubtful && !is_last_resort {
                    doubtful.push_back(id);
                    continue;
                }
                let dependents = self.change(id, State::Unproved(Verdict::Unknown));
                unproved.push_back(id);
                self.to_prove.extend(dependents);
            }
            for claim in self.claims.iter_mut().skip(first) {
                if claim.state == State::Assumed {
                    claim.state = State::Proved;
                }
            }
            first = self.claims.len();
            let Some(id) = unproved.pop_front() else {
                return;
            };
            if self.state(id) != State::Unproved(Verdict::Unknown) {
                continue;
            }
            let verdict = self.evaluate(id);
            if self.claims.len() > first {
                // It relies on new claims, which must be settled first.
                unproved.push_front(id);
            } else if verdict == Verdict::Breaking {
                unproved.extend(self.change(id, State::Unproved(verdict)));
            } else {
                unproved.extend(self.add_obstacles(id));
            }
        }
    }

    /// The next claim to judge; doubtful ones come last.
    fn next_to_prove(&mut self, doubtful: &mut VecDeque<usize>) -> Option<(usize, bool)> {
        let next = self.to_prove.pop_front().map(|id| (id, false));
        next.or_else(|| Some((doubtful.pop_front()?, true)))
    }

    fn state(&self, id: usize) -> State {
        self.claims
            .get(id)
            .map_or(State::Proved, |claim| claim.state)
    }

    /// Changes the state of a claim. Returns the claims that rely on it.
    fn change(&mut self, id: usize, state: State) -> BTreeSet<usize> {
        match self.claims.get_mut(id) {
            Some(claim) => {
                claim.state = state;
                claim.dependents.clone()
            }
            None => BTreeSet::new(),
        }
    }

    /// Adds the obstacles of the evaluation to a claim. If there are new ones, returns the claims that
    /// rely on it.
    fn add_obstacles(&mut self, id: usize) -> BTreeSet<usize> {
        let obstacles = std::mem::take(&mut self.evaluation.obstacles);
        match self.claims.get_mut(id) {
            Some(claim) if !obstacles.is_subset(&claim.obstacles) => {
                claim.obstacles.extend(obstacles);
                claim.dependents.clone()
            }
            _ => BTreeSet::new(),
        }
    }

    fn evaluate(&mut self, id: usize) -> Verdict {
        let Some(claim) = self.claims.get(id) else {
            return Verdict::Compatible;
        };
        let (sense, writer, reader) = (claim.sense, claim.writer.clone(), claim.reader);
        self.evaluation = Evaluation {
            claim: Some(id),
            ..Evaluation::default()
        };
        let sense = std::mem::replace(&mut self.sense, sense);
        let verdict = self.included(&writer, reader);
        self.sense = sense;
        verdict
    }

    /// Whether the reader accepts a part of the value: an item, a property or a name.
    pub(super) fn part(&mut self, writer: &Case<'a>, reader: Node<'a>) -> Verdict {
        if self.is_obvious(writer, reader) {
            return Verdict::Compatible;
        }
        let key = (self.sense, writer.key(), reader.id());
        let id = match self.ids.get(&key) {
            Some(id) => *id,
            None => {
                let id = self.claims.len();
                self.claims.push(Claim {
                    sense: self.sense,
                    writer: writer.clone(),
                    reader,
                    state: State::Assumed,
                    obstacles: BTreeSet::new(),
                    dependents: BTreeSet::new(),
                });
                self.ids.insert(key, id);
                self.to_prove.push_back(id);
                id
            }
        };
        self.read(id)
    }

    /// The current verdict on a claim, read for the claim that is being judged.
    fn read(&mut self, id: usize) -> Verdict {
        let Some(claim) = self.claims.get_mut(id) else {
            return Verdict::Compatible;
        };
        if claim.state != State::Proved {
            claim.dependents.extend(self.evaluation.claim);
        }
        match claim.state {
            State::Assumed => {
                self.evaluation.assumptions += 1;
                Verdict::Compatible
            }
            State::Proved => Verdict::Compatible,
            State::Unproved(verdict) => {
                if verdict == Verdict::Unknown {
                    self.evaluation.obstacles.extend(&claim.obstacles);
                }
                verdict
            }
        }
    }

    /// Whether the reader accepts all values of the case.
    pub(super) fn included(&mut self, writer: &Case<'a>, reader: Node<'a>) -> Verdict {
        if self.level > 0 {
            return self.part(writer, reader);
        }
        if self.is_obvious(writer, reader) {
            return Verdict::Compatible;
        }
        if self.is_paradox(reader) || writer.nodes().iter().any(|node| self.is_paradox(*node)) {
            return self.unknown(ITSELF);
        }
        let key = (self.sense, writer.key(), reader.id());
        if let Some(id) = self.ids.get(&key).copied()
            && self.state(id) != State::Assumed
            && self.evaluation.claim != Some(id)
        {
            return self.read(id);
        }
        if let Some((verdict, is_assumed)) = self.evaluation.verdicts.get(&key).copied() {
            self.evaluation.assumptions += usize::from(is_assumed);
            return verdict;
        }
        if self.evaluation.under_way.contains(&key) {
            return self.unknown(ITSELF);
        }
        if !self.may_go_on(writer) {
            return self.unknown(SIZE);
        }
        let before = self.evaluation.assumptions;
        self.evaluation.under_way.insert(key.clone());
        let verdict = self.judge(writer, reader, None);
        self.evaluation.under_way.remove(&key);
        let is_assumed = self.evaluation.assumptions > before;
        self.evaluation.verdicts.insert(key, (verdict, is_assumed));
        verdict
    }

    /// Whether it is proved that the case has no values.
    pub(super) fn is_empty(&mut self, case: &Case<'a>) -> bool {
        let key = (self.sense, case.key());
        if let Some(empty) = self.empty.get(&key) {
            return *empty;
        }
        if self.empty_under_way.contains(&key)
            || !self.may_go_on(case)
            || case.nodes().iter().any(|node| self.is_paradox(*node))
        {
            return false;
        }
        let before = self.evaluation.assumptions;
        self.empty_under_way.insert(key.clone());
        let empty = self.has_no_value(case);
        self.empty_under_way.remove(&key);
        if !empty || self.evaluation.assumptions == before {
            self.empty.insert(key, empty);
        }
        empty
    }

    pub(super) fn is_part_empty(&mut self, part: &Case<'a>) -> bool {
        self.level += 1;
        let empty = self.is_empty(part);
        self.level -= 1;
        empty
    }

    /// Notes that schemas seem disjoint, which is doubtful if an assumption was used since then.
    pub(super) fn note_disjoint(&mut self, since: usize) {
        self.evaluation.is_doubtful |= self.evaluation.assumptions > since;
    }

    pub(super) fn assumptions(&self) -> usize {
        self.evaluation.assumptions
    }

    /// Proves something about all values that schemas accept, whether or not anyone writes them.
    pub(super) fn as_schemas<T>(&mut self, prove: impl FnOnce(&mut Self) -> T) -> T {
        let sense = std::mem::replace(&mut self.sense, Sense::Valid);
        // Obstacles in here do not make the outer verdict unknown.
        let obstacles = std::mem::take(&mut self.evaluation.obstacles);
        let proved = prove(self);
        self.evaluation.obstacles = obstacles;
        self.sense = sense;
        proved
    }

    pub(super) fn unknown(&mut self, obstacle: &'static str) -> Verdict {
        // Once the budget is used up, a failed proof says nothing about the schemas.
        let is_used_up = self.steps == 0 || !self.may_look();
        let obstacle = if is_used_up { SIZE } else { obstacle };
        self.evaluation.obstacles.insert(obstacle);
        Verdict::Unknown
    }

    /// Whether the budget allows another proof.
    pub(super) fn may_go_on(&mut self, case: &Case<'a>) -> bool {
        // Work grows faster than the number of schemas that hold for the same value.
        let nodes = case.nodes().len();
        self.steps = self.steps.saturating_sub(1 + nodes + nodes * nodes / 8);
        let depth = self.evaluation.under_way.len() + self.empty_under_way.len();
        depth < MAX_DEPTH && self.steps > 0
    }

    /// Whether the budget allows another glance.
    pub(super) fn may_look(&self) -> bool {
        self.looks > 0
    }

    pub(super) fn look(&mut self, cost: usize) {
        self.looks = self.looks.saturating_sub(cost);
    }

    fn is_obvious(&mut self, writer: &Case<'a>, reader: Node<'a>) -> bool {
        reader.accepts_all()
            || writer
                .nodes()
                .iter()
                .any(|node| self.is_same(*node, reader))
    }

    /// Whether two schemas are the same except for annotations.
    pub(super) fn is_same(&mut self, a: Node<'a>, b: Node<'a>) -> bool {
        self.sameness.holds(a, b)
    }

    /// Whether nothing follows from a schema, because it contradicts itself.
    fn is_paradox(&mut self, node: Node<'a>) -> bool {
        node.is_paradox(&mut self.paradoxes)
    }

    /// Whether a name matches a pattern; `None` if the pattern is not understood.
    pub(super) fn matches(&mut self, pattern: &str, text: &str) -> Option<bool> {
        if !self.patterns.contains_key(pattern) {
            let compiled = pattern::compile(pattern);
            self.patterns.insert(pattern.to_owned(), compiled);
        }
        let regex = self.patterns.get(pattern)?.as_ref()?;
        Some(regex.is_match(text))
    }

    pub(super) fn facts(&mut self, case: &Case<'a>) -> Rc<Facts<'a>> {
        let facts = self.facts.entry(case.key());
        Rc::clone(facts.or_insert_with(|| Rc::new(case.facts())))
    }

    pub(super) fn summary(&mut self, node: Node<'a>) -> Rc<Summary<'a>> {
        let summary = self.summaries.entry(node.id());
        Rc::clone(summary.or_insert_with(|| Rc::new(Summary::of(node))))
    }

    /// The branches of a union, indexed by their discriminators.
    pub(super) fn branches(&mut self, union: Node<'a>, key: &'static str) -> Rc<Branches<'a>> {
        let id = union.child(key).map_or(0, Node::id);
        if let Some(known) = self.branches.get(&id) {
            return Rc::clone(known);
        }
        let nodes: Vec<_> = union.list(key).collect();
        let summaries: Vec<_> = nodes.iter().map(|node| self.summary(*node)).collect();
        let branches = Rc::new(Branches::of(nodes, summaries.iter().map(Rc::as_ref)));
        self.branches.insert(id, Rc::clone(&branches));
        branches
    }

    /// The values in the keyword `enum`.
    pub(super) fn listed(&mut self, node: Node<'a>) -> Option<Rc<ValueSet<'a>>> {
        let list = node.get("enum")?.as_array()?;
        let set = self.value_sets.entry(node.id());
        Some(Rc::clone(
            set.or_insert_with(|| Rc::new(ValueSet::of(list))),
        ))
    }
}
