//! Keeps the claims of a comparison, their verdicts, and what was found out about schemas on the way.
//!
//! A claim says that a reader accepts all values of a case. Its verdict depends on the keywords of both
//! sides and on claims about the parts of the values, their properties and items. Values are finite, so
//! a claim about a part may be assumed until it is refuted; this is how recursive types come to an end.
//! Each claim is judged once, and again only if a claim that it relies on fails.

#![expect(
    clippy::indexing_slicing,
    reason = "a claim keeps its index, and claims are never removed"
)]

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
/// The same for small steps: looking at a summary, or checking a value.
const SMALL_STEPS: usize = 6_400_000;
const SMALL_STEPS_PER_SCHEMA: usize = 2_000;

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

/// The functions that apply the rules. They are in `judge` and `empty`, which import this file.
pub(super) struct Deciders<'a> {
    /// Whether the reader accepts all values of the case.
    pub(super) judge: fn(&mut Prover<'a>, &Case<'a>, Node<'a>) -> Verdict,
    /// Whether it is proved that the case has no values.
    pub(super) is_empty: fn(&mut Prover<'a>, &Case<'a>) -> bool,
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

/// The context of all rules.
pub(super) struct Prover<'a> {
    pub(super) sense: Sense,
    deciders: Deciders<'a>,
    /// A claim keeps its index, its id.
    claims: Vec<Claim<'a>>,
    ids: HashMap<ClaimKey, usize>,
    to_prove: VecDeque<usize>,
    evaluation: Evaluation,
    empty_under_way: HashSet<(Sense, CaseKey)>,
    /// How deep a proof of emptiness is inside a value.
    level: usize,
    steps: usize,
    small_steps: usize,
    memo: Memo<'a>,
}

/// What was found out about schemas and cases.
#[derive(Default)]
struct Memo<'a> {
    empty: HashMap<(Sense, CaseKey), bool>,
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
    pub(super) fn new(strictness: Strictness, size: usize, deciders: Deciders<'a>) -> Self {
        Self {
            sense: match strictness {
                Strictness::Standard => Sense::Written,
                Strictness::Strict => Sense::Strict,
            },
            deciders,
            claims: Vec::new(),
            ids: HashMap::new(),
            to_prove: VecDeque::new(),
            evaluation: Evaluation::default(),
            empty_under_way: HashSet::new(),
            level: 0,
            steps: STEPS.saturating_add(size.saturating_mul(STEPS_PER_SCHEMA)),
            small_steps: SMALL_STEPS.saturating_add(size.saturating_mul(SMALL_STEPS_PER_SCHEMA)),
            memo: Memo::default(),
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
    fn settle(&mut self, mut first: usize) {
        let mut unproved = VecDeque::new();
        let mut doubtful = VecDeque::new();
        loop {
            // Doubtful claims come last.
            while let Some((id, is_last_resort)) = (self.to_prove.pop_front().map(|id| (id, false)))
                .or_else(|| Some((doubtful.pop_front()?, true)))
            {
                if self.claims[id].state != State::Assumed
                    || self.evaluate(id) == Verdict::Compatible
                {
                    continue;
                }
                if self.evaluation.is_doubtful && !is_last_resort {
                    doubtful.push_back(id);
                    continue;
                }
                self.claims[id].state = State::Unproved(Verdict::Unknown);
                self.to_prove.extend(&self.claims[id].dependents);
                unproved.push_back(id);
            }
            for claim in &mut self.claims[first..] {
                if claim.state == State::Assumed {
                    claim.state = State::Proved;
                }
            }
            first = self.claims.len();
            let Some(id) = unproved.pop_front() else {
                return;
            };
            if self.claims[id].state != State::Unproved(Verdict::Unknown) {
                continue;
            }
            let verdict = self.evaluate(id);
            if self.claims.len() > first {
                // It relies on new claims, which must be settled first.
                unproved.push_front(id);
                continue;
            }
            let claim = &mut self.claims[id];
            if verdict == Verdict::Breaking {
                claim.state = State::Unproved(verdict);
                unproved.extend(&claim.dependents);
            } else if !self.evaluation.obstacles.is_subset(&claim.obstacles) {
                claim.obstacles.append(&mut self.evaluation.obstacles);
                unproved.extend(&claim.dependents);
            }
        }
    }

    fn evaluate(&mut self, id: usize) -> Verdict {
        let claim = &self.claims[id];
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
        let next = self.claims.len();
        let id = *self.ids.entry(key).or_insert(next);
        if id == next {
            self.claims.push(Claim {
                sense: self.sense,
                writer: writer.clone(),
                reader,
                state: State::Assumed,
                obstacles: BTreeSet::new(),
                dependents: BTreeSet::new(),
            });
            self.to_prove.push_back(id);
        }
        self.read(id)
    }

    /// The current verdict on a claim, read for the claim that is being judged.
    fn read(&mut self, id: usize) -> Verdict {
        let claim = &mut self.claims[id];
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
            && self.claims[id].state != State::Assumed
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
        if !self.take_step(writer) {
            return self.unknown(SIZE);
        }
        let before = self.evaluation.assumptions;
        self.evaluation.under_way.insert(key.clone());
        let verdict = (self.deciders.judge)(self, writer, reader);
        self.evaluation.under_way.remove(&key);
        let is_assumed = self.evaluation.assumptions > before;
        self.evaluation.verdicts.insert(key, (verdict, is_assumed));
        verdict
    }

    /// Whether it is proved that the case has no values.
    pub(super) fn is_empty(&mut self, case: &Case<'a>) -> bool {
        let key = (self.sense, case.key());
        if let Some(empty) = self.memo.empty.get(&key) {
            return *empty;
        }
        if self.empty_under_way.contains(&key)
            || !self.take_step(case)
            || case.nodes().iter().any(|node| self.is_paradox(*node))
        {
            return false;
        }
        let before = self.evaluation.assumptions;
        self.empty_under_way.insert(key.clone());
        let empty = (self.deciders.is_empty)(self, case);
        self.empty_under_way.remove(&key);
        if !empty || self.evaluation.assumptions == before {
            self.memo.empty.insert(key, empty);
        }
        empty
    }

    pub(super) fn is_part_empty(&mut self, part: &Case<'a>) -> bool {
        self.level += 1;
        let empty = self.is_empty(part);
        self.level -= 1;
        empty
    }

    /// Whether it is proved that schemas have no common value, whether or not anyone writes it.
    pub(super) fn have_no_common_value(&mut self, schemas: &Case<'a>) -> bool {
        let before = self.evaluation.assumptions;
        let empty = self.as_schemas(|prover| prover.is_empty(schemas));
        self.evaluation.is_doubtful |= empty && self.evaluation.assumptions > before;
        empty
    }

    /// Whether a schema accepts all values of the case, whether or not anyone writes them.
    pub(super) fn accepts_all_of(&mut self, other: Node<'a>, all: &Case<'a>) -> bool {
        self.as_schemas(|prover| prover.included(all, other)) == Verdict::Compatible
    }

    fn as_schemas<T>(&mut self, prove: impl FnOnce(&mut Self) -> T) -> T {
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
        let is_used_up = self.steps == 0 || !self.has_small_steps();
        let obstacle = if is_used_up { SIZE } else { obstacle };
        self.evaluation.obstacles.insert(obstacle);
        Verdict::Unknown
    }

    /// The verdict of a demand that is stronger than what the reader asks: if it fails, the keyword is
    /// an obstacle.
    pub(super) fn of_stronger(&mut self, verdict: Verdict, keyword: &'static str) -> Verdict {
        match verdict {
            Verdict::Compatible => verdict,
            _ => self.unknown(keyword),
        }
    }

    /// Spends a step on a case. Returns whether the budget allows it.
    pub(super) fn take_step(&mut self, case: &Case<'a>) -> bool {
        // Work grows faster than the number of schemas that hold for the same value.
        let nodes = case.nodes().len();
        self.steps = self.steps.saturating_sub(1 + nodes + nodes * nodes / 8);
        let depth = self.evaluation.under_way.len() + self.empty_under_way.len();
        depth < MAX_DEPTH && self.steps > 0
    }

    pub(super) fn has_small_steps(&self) -> bool {
        self.small_steps > 0
    }

    pub(super) fn take_small_steps(&mut self, count: usize) {
        self.small_steps = self.small_steps.saturating_sub(count);
    }

    fn is_obvious(&mut self, writer: &Case<'a>, reader: Node<'a>) -> bool {
        let mut nodes = writer.nodes().iter();
        reader.accepts_all() || nodes.any(|node| self.is_same(*node, reader))
    }

    /// Whether two schemas are the same except for annotations.
    pub(super) fn is_same(&mut self, a: Node<'a>, b: Node<'a>) -> bool {
        self.memo.sameness.holds(a, b)
    }

    /// Whether nothing follows from a schema, because it contradicts itself.
    fn is_paradox(&mut self, node: Node<'a>) -> bool {
        node.is_paradox(&mut self.memo.paradoxes)
    }

    /// Whether a name matches a pattern; `None` if the pattern is not understood.
    pub(super) fn matches(&mut self, pattern: &str, text: &str) -> Option<bool> {
        if !self.memo.patterns.contains_key(pattern) {
            let compiled = pattern::compile(pattern);
            self.memo.patterns.insert(pattern.to_owned(), compiled);
        }
        let regex = self.memo.patterns.get(pattern)?.as_ref()?;
        Some(regex.is_match(text))
    }

    pub(super) fn facts(&mut self, case: &Case<'a>) -> Rc<Facts<'a>> {
        let facts = self.memo.facts.entry(case.key());
        Rc::clone(facts.or_insert_with(|| Rc::new(case.facts())))
    }

    pub(super) fn summary(&mut self, node: Node<'a>) -> Rc<Summary<'a>> {
        let summary = self.memo.summaries.entry(node.id());
        Rc::clone(summary.or_insert_with(|| Rc::new(Summary::of(node))))
    }

    /// The branches of a union, indexed by their discriminators.
    pub(super) fn branches(&mut self, union: Node<'a>, key: &'static str) -> Rc<Branches<'a>> {
        let id = union.child(key).map_or(0, Node::id);
        if let Some(known) = self.memo.branches.get(&id) {
            return Rc::clone(known);
        }
        let nodes: Vec<_> = union.list(key).collect();
        let summaries: Vec<_> = nodes.iter().map(|node| self.summary(*node)).collect();
        let branches = Rc::new(Branches::of(nodes, &summaries));
        self.memo.branches.insert(id, Rc::clone(&branches));
        branches
    }

    /// The values in the keyword `enum`.
    pub(super) fn listed(&mut self, node: Node<'a>) -> Option<Rc<ValueSet<'a>>> {
        let list = node.get("enum")?.as_array()?;
        let set = self.memo.value_sets.entry(node.id());
        Some(Rc::clone(
            set.or_insert_with(|| Rc::new(ValueSet::of(list))),
        ))
    }
}
