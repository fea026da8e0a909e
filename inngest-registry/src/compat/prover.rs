//! The claims of a comparison, and the verdicts on them.
//!
//! A claim says that a reader accepts all values of a case. Its verdict follows from the keywords of
//! both and from claims on the parts of the values: their properties and items. A value has finitely
//! many parts, so a claim on them may be assumed until something speaks against it, which is what
//! makes recursive types finite. Each claim is looked at once, and again when one that it relies on
//! turned out not to hold, however many ways lead to it.

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

/// Proofs on one value within one another; deeper schemas cannot be told.
const MAX_DEPTH: usize = 100;
/// Schemas that are gone through in a comparison of small schemas, and for each schema of larger
/// ones. Realistic schemas need far fewer; those that need more cannot be told.
const STEPS: usize = 60_000;
const STEPS_PER_SCHEMA: usize = 200;
/// The same for looks at a schema, which are cheap.
const LOOKS: usize = 6_400_000;
const LOOKS_PER_SCHEMA: usize = 2_000;

/// Why schemas that are too deep or too large cannot be told.
pub(super) const SIZE: &str = "its size";
const ITSELF: &str = "a reference to itself";

/// What a proof goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sense {
    /// What programs write and read.
    Written,
    /// What Confluent's registry takes the schemas to mean: its readers fill in defaults.
    Strict,
    /// What every validator takes them to mean. That there is no such value must hold of all of
    /// them, so a default fills nothing in here, and a format may be checked or not.
    Valid,
}

type ClaimKey = (Sense, CaseKey, usize);

struct Claim<'a> {
    sense: Sense,
    writer: Case<'a>,
    reader: Node<'a>,
    state: State,
    /// What it cannot be told because of.
    obstacles: BTreeSet<&'static str>,
    /// The claims that rely on it.
    dependents: BTreeSet<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing speaks against it so far.
    Assumed,
    Proved,
    /// Unknown until it is shown to break.
    Unproved(Verdict),
}

/// What belongs to the evaluation of a single claim.
#[derive(Default)]
struct Evaluation {
    claim: Option<usize>,
    /// Verdicts on the same value, each with whether it relies on an assumption.
    verdicts: HashMap<ClaimKey, (Verdict, bool)>,
    under_way: HashSet<ClaimKey>,
    /// How many times an assumption was relied on.
    assumptions: usize,
    /// Whether schemas were taken for disjoint because of an assumption. If it does not hold, the
    /// verdict may be milder.
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
    /// How many times a proof that there is no value went into a part of it.
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
    /// A prover for schemas of this many values altogether.
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

    /// The verdict on all values that one schema writes and the other reads, and what it cannot be
    /// told because of.
    pub(super) fn verdict(
        &mut self,
        writer: Node<'a>,
        reader: Node<'a>,
    ) -> (Verdict, BTreeSet<&'static str>) {
        let verdict = self.ask(|prover| prover.part(&Case::of([writer]), reader));
        (verdict, std::mem::take(&mut self.evaluation.obstacles))
    }

    /// Answers a question, once all claims that it relies on are settled.
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

    /// Settles the claims from this one on.
    ///
    /// First, claims are assumed until something speaks against them; what is left then is proved.
    /// After that, what is not proved is unknown until something is found that breaks it.
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
                // It relies on claims that nobody asked for before.
                unproved.push_front(id);
            } else if verdict == Verdict::Breaking {
                unproved.extend(self.change(id, State::Unproved(verdict)));
            } else {
                unproved.extend(self.add_obstacles(id));
            }
        }
    }

    /// The next claim to look at: doubtful ones come last.
    fn next_to_prove(&mut self, doubtful: &mut VecDeque<usize>) -> Option<(usize, bool)> {
        let next = self.to_prove.pop_front().map(|id| (id, false));
        next.or_else(|| Some((doubtful.pop_front()?, true)))
    }

    fn state(&self, id: usize) -> State {
        self.claims
            .get(id)
            .map_or(State::Proved, |claim| claim.state)
    }

    /// Changes the state of a claim, and returns the claims that rely on it.
    fn change(&mut self, id: usize, state: State) -> BTreeSet<usize> {
        match self.claims.get_mut(id) {
            Some(claim) => {
                claim.state = state;
                claim.dependents.clone()
            }
            None => BTreeSet::new(),
        }
    }

    /// Keeps what stood in the way of the evaluation. Returns the claims that rely on this one, if
    /// there is more than before.
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

    /// Whether a part of the value is accepted: an item, a property, a name.
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

    /// The verdict on a claim as it stands, for the claim that is being evaluated.
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

    /// Whether the reader accepts all values of the case that are written.
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

    /// Whether it is proved that there is no such value.
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

    /// Notes that schemas are taken for disjoint, and whether that relies on an assumption made
    /// since then.
    pub(super) fn note_disjoint(&mut self, since: usize) {
        self.evaluation.is_doubtful |= self.evaluation.assumptions > since;
    }

    pub(super) fn assumptions(&self) -> usize {
        self.evaluation.assumptions
    }

    /// Proves something of all that schemas accept, whether or not anyone writes it.
    pub(super) fn as_schemas<T>(&mut self, prove: impl FnOnce(&mut Self) -> T) -> T {
        let sense = std::mem::replace(&mut self.sense, Sense::Valid);
        // The question was another one, so what stands in the way here is no obstacle to it.
        let obstacles = std::mem::take(&mut self.evaluation.obstacles);
        let proved = prove(self);
        self.evaluation.obstacles = obstacles;
        self.sense = sense;
        proved
    }

    pub(super) fn unknown(&mut self, obstacle: &'static str) -> Verdict {
        // Once there is no room for proofs, what is not proved says nothing of the schemas.
        let is_used_up = self.steps == 0 || !self.may_look();
        let obstacle = if is_used_up { SIZE } else { obstacle };
        self.evaluation.obstacles.insert(obstacle);
        Verdict::Unknown
    }

    /// Whether there is room for another proof.
    pub(super) fn may_go_on(&mut self, case: &Case<'a>) -> bool {
        self.steps = self.steps.saturating_sub(1 + case.nodes().len());
        let depth = self.evaluation.under_way.len() + self.empty_under_way.len();
        depth < MAX_DEPTH && self.steps > 0
    }

    /// Whether there is time for another look.
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

    /// Whether two schemas ask for the same, word for word; annotations are passed over.
    pub(super) fn is_same(&mut self, a: Node<'a>, b: Node<'a>) -> bool {
        self.sameness.holds(a, b)
    }

    /// Whether a schema says of some value that it is accepted if and only if it is not, such as
    /// one that is `not` itself. Nothing follows from it.
    fn is_paradox(&mut self, node: Node<'a>) -> bool {
        node.is_paradox(&mut self.paradoxes)
    }

    /// Whether a name matches a pattern; `None` when the pattern cannot be read.
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

    /// The branches of a union, by what they are told apart by.
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

    /// The values of the keyword `enum`.
    pub(super) fn listed(&mut self, node: Node<'a>) -> Option<Rc<ValueSet<'a>>> {
        let list = node.get("enum")?.as_array()?;
        let set = self.value_sets.entry(node.id());
        Some(Rc::clone(
            set.or_insert_with(|| Rc::new(ValueSet::of(list))),
        ))
    }
}
