//! Whether one side can read all that the other writes, proved from their schemas.
//!
//! A reader's schema is a list of demands, one for each keyword. The writer's is what may be relied
//! on: it is taken apart into cases, a union into its branches and a list of types into the single
//! ones, until of each case all is known that holds; then each demand must follow from that.

use std::collections::{BTreeSet, HashMap};
use std::marker::PhantomData;
use std::rc::Rc;

use regex::Regex;
use serde_json::Value;

use super::apart::{Mark, Near};
use super::node::{Case, Facts, Node, Types, assertions};
use super::{Strictness, Verdict};

/// Proofs under way within one another; deeper schemas cannot be told.
const MAX_DEPTH: usize = 100;
/// Schemas that are gone through for one comparison; larger ones cannot be told.
const MAX_STEPS: usize = 60_000;

/// Why schemas that are too deep or too large cannot be told.
const SIZE: &str = "its size";

pub(super) struct Prover<'a> {
    /// Schemas are known by their addresses, so they must live as long as what is proved of them.
    schemas: PhantomData<&'a Value>,
    pub(super) sense: Sense,
    included: HashMap<Claim, Verdict>,
    empty: HashMap<Claim, bool>,
    /// The claims under way, each with how many times it was gone from a value into one of its
    /// parts before.
    under_way: Vec<(Claim, usize)>,
    pub(super) level: usize,
    /// The outermost claim under way that the present one relies on.
    relies_on: usize,
    steps: usize,
    pub(super) looks: usize,
    alike: HashMap<(usize, usize), bool>,
    patterns: HashMap<String, Option<Regex>>,
    pub(super) marks: HashMap<usize, Rc<Mark<'a>>>,
    pub(super) near: HashMap<usize, Near<'a>>,
    /// What could not be told because of.
    pub(super) obstacles: BTreeSet<&'static str>,
}

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

/// That the values of a case, in a sense, are accepted by a schema; without one, that there are
/// none.
type Claim = (Sense, Vec<usize>, Option<usize>);

impl<'a> Prover<'a> {
    pub(super) fn new(strictness: Strictness) -> Self {
        Self {
            schemas: PhantomData,
            sense: match strictness {
                Strictness::Standard => Sense::Written,
                Strictness::Strict => Sense::Strict,
            },
            included: HashMap::new(),
            empty: HashMap::new(),
            under_way: Vec::new(),
            level: 0,
            relies_on: usize::MAX,
            steps: 0,
            looks: 0,
            alike: HashMap::new(),
            patterns: HashMap::new(),
            marks: HashMap::new(),
            near: HashMap::new(),
            obstacles: BTreeSet::new(),
        }
    }

    pub(super) fn unknown(&mut self, obstacle: &'static str) -> Verdict {
        // Once there is no room for proofs, what is not proved says nothing of the schemas.
        let used_up = self.steps >= MAX_STEPS || !self.may_look();
        self.obstacles.insert(if used_up { SIZE } else { obstacle });
        Verdict::Unknown
    }

    /// Whether the reader accepts all values of the case that are written.
    pub(super) fn included(&mut self, writer: &Case<'a>, reader: Node<'a>) -> Verdict {
        if reader.accepts_all() || writer.nodes().iter().any(|n| self.alike(*n, reader)) {
            return Verdict::Compatible;
        }
        let claim = (self.sense, writer.key(), Some(reader.id()));
        if let Some(verdict) = self.included.get(&claim) {
            return *verdict;
        }
        if let Some(of_a_part) = self.is_under_way(&claim) {
            // A claim may rely on itself for the parts of a value, of which there are finitely
            // many, but not for the value itself.
            if of_a_part {
                return Verdict::Compatible;
            }
            return self.unknown("a reference to itself");
        }
        if !self.may_go_on(writer) {
            return self.unknown(SIZE);
        }
        let prove = |prover: &mut Self| prover.derive(writer, reader, None);
        let (verdict, stands) = self.prove(&claim, prove);
        if stands || verdict != Verdict::Compatible {
            self.included.insert(claim, verdict);
        }
        verdict
    }

    /// Whether it is proved that there is no such value.
    pub(super) fn is_empty(&mut self, case: &Case<'a>) -> bool {
        let claim = (self.sense, case.key(), None);
        if let Some(empty) = self.empty.get(&claim) {
            return *empty;
        }
        if self.is_under_way(&claim).is_some() || !self.may_go_on(case) {
            return false;
        }
        let (empty, stands) = self.prove(&claim, |prover| prover.has_no_value(case));
        if stands || !empty {
            self.empty.insert(claim, empty);
        }
        empty
    }

    /// Proves a claim, and says whether the proof stands by itself: one that holds only as long as
    /// another around it must not outlive that. That there was none may be kept in any case.
    fn prove<T>(&mut self, claim: &Claim, prove: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        let depth = self.under_way.len();
        self.under_way.push((claim.clone(), self.level));
        let outer = std::mem::replace(&mut self.relies_on, usize::MAX);
        let outcome = prove(self);
        self.under_way.pop();
        let stands = self.relies_on >= depth;
        if stands {
            self.relies_on = outer;
        } else {
            self.relies_on = self.relies_on.min(outer);
        }
        (outcome, stands)
    }

    /// Whether a claim is under way, and if so, whether of a value that this one is a part of.
    fn is_under_way(&mut self, claim: &Claim) -> Option<bool> {
        let depth = self.under_way.iter().position(|(c, _)| c == claim)?;
        self.relies_on = self.relies_on.min(depth);
        let (_, level) = self.under_way.get(depth)?;
        Some(*level < self.level)
    }

    /// Whether there is room for another proof.
    fn may_go_on(&mut self, case: &Case<'a>) -> bool {
        self.steps += 1 + case.nodes().len();
        self.under_way.len() < MAX_DEPTH && self.steps < MAX_STEPS
    }

    /// Proves something of all that schemas accept, whether or not anyone writes it.
    pub(super) fn as_schemas<T>(&mut self, prove: impl FnOnce(&mut Self) -> T) -> T {
        let sense = std::mem::replace(&mut self.sense, Sense::Valid);
        // What is not proved here is nothing that could not be told: the question was another.
        let obstacles = std::mem::take(&mut self.obstacles);
        let proved = prove(self);
        self.obstacles = obstacles;
        self.sense = sense;
        proved
    }

    /// Whether the demand of one keyword of the reader is met.
    pub(super) fn keyword(&mut self, writer: Node<'a>, reader: Node<'a>, key: &str) -> Verdict {
        if reader.get(key).is_none() {
            return Verdict::Compatible;
        }
        self.derive(&Case::of([writer]), reader, Some(key))
    }

    /// Whether a part of the value is accepted: an item, a property, a name.
    pub(super) fn part(&mut self, writer: &Case<'a>, reader: Node<'a>) -> Verdict {
        self.level += 1;
        let verdict = self.included(writer, reader);
        self.level -= 1;
        verdict
    }

    fn derive(&mut self, writer: &Case<'a>, reader: Node<'a>, only: Option<&str>) -> Verdict {
        if self.is_empty(writer) {
            return Verdict::Compatible;
        }
        let map = match reader.value {
            Value::Object(map) => map,
            Value::Bool(_) => return Verdict::Breaking,
            _ => return self.unknown("a schema that is none"),
        };
        let facts = writer.facts();
        if only.is_none()
            && let Some(values) = self.values(&facts)
        {
            let formats = facts.parts.iter().filter_map(|part| part.get("format"));
            let formats: Vec<_> = formats.filter_map(Value::as_str).collect();
            let accepted = |value| self.accepted_with(reader, value, &formats);
            let verdict = worst(values.into_iter().map(accepted));
            return self.as_far_as_known(&facts, verdict);
        }
        let each = |prover: &mut Self, case: &Case<'a>| match only {
            None => prover.included(case, reader),
            Some(_) => prover.derive(case, reader, only),
        };
        if let Some(cases) = self.split(writer, &facts) {
            return match cases {
                Ok(cases) if self.may_go_on(writer) => {
                    worst(cases.iter().map(|case| each(self, case)))
                }
                _ => self.unknown(SIZE),
            };
        }
        let types: Vec<_> = facts.types().split().collect();
        if types.len() > 1 {
            return worst(types.iter().map(|t| each(self, &writer.with(*t))));
        }
        let keys = assertions(map).filter(|key| only.is_none_or(|only| *key == only));
        let verdict = worst(keys.map(|key| self.demand(writer, &facts, reader, key)));
        self.as_far_as_known(&facts, verdict)
    }

    /// What breaks for some values need not for those that are written.
    fn as_far_as_known(&mut self, facts: &Facts<'a>, verdict: Verdict) -> Verdict {
        match facts.vague {
            Some(keyword) if verdict == Verdict::Breaking => self.unknown(keyword),
            _ => verdict,
        }
    }

    /// One keyword of the reader, for a case of one type without unions.
    fn demand(
        &mut self,
        writer: &Case<'a>,
        facts: &Facts<'a>,
        reader: Node<'a>,
        key: &'static str,
    ) -> Verdict {
        let types = facts.types();
        match key {
            "$ref" => match reader.target() {
                Some(target) => self.included(writer, target),
                None => self.unknown("$ref"),
            },
            "$dynamicRef" | "$recursiveRef" => self.unknown(key),
            "allOf" => worst(reader.list(key).map(|node| self.included(writer, node))),
            "anyOf" => self.any_of(writer, reader),
            "oneOf" => self.one_of(writer, reader),
            "not" => self.not(writer, reader),
            "if" => self.conditional(writer, reader),
            "then" | "else" => Verdict::Compatible,
            // Of values that can be counted it is known already.
            "const" | "enum" => Verdict::Breaking,
            "type" => match Types::told(reader) {
                Some(accepted) => holds(types.within(accepted)),
                None => self.unknown(key),
            },
            "format" => self.format(facts, reader),
            _ if types.within(Types::NUMBER) => self.number(facts, reader, key),
            _ if types.within(Types::STRING) => self.string(facts, reader, key),
            _ if types.within(Types::ARRAY) => self.array(facts, reader, key),
            _ if types.within(Types::OBJECT) => self.object(writer, facts, reader, key),
            _ => Verdict::Compatible,
        }
    }

    fn any_of(&mut self, writer: &Case<'a>, reader: Node<'a>) -> Verdict {
        let mut verdict = Verdict::Breaking;
        for branch in reader.list("anyOf") {
            if self.is_apart(writer, branch) {
                continue;
            }
            match self.included(writer, branch) {
                Verdict::Compatible => return Verdict::Compatible,
                Verdict::Unknown if !self.is_disjoint(writer, branch) => verdict = Verdict::Unknown,
                _ => {}
            }
        }
        verdict
    }

    fn one_of(&mut self, writer: &Case<'a>, reader: Node<'a>) -> Verdict {
        let near: Vec<_> = reader
            .list("oneOf")
            .filter(|branch| !self.is_disjoint(writer, *branch))
            .collect();
        if let [only] = near.as_slice() {
            return self.included(writer, *only);
        }
        let verdicts: Vec<_> = near.iter().map(|b| self.included(writer, *b)).collect();
        let count = |verdict| verdicts.iter().filter(|v| **v == verdict).count();
        match (count(Verdict::Compatible), count(Verdict::Unknown)) {
            // More than one branch holds, or none.
            (2.., _) | (0, 0) => Verdict::Breaking,
            _ => self.unknown("oneOf"),
        }
    }

    fn not(&mut self, writer: &Case<'a>, reader: Node<'a>) -> Verdict {
        let Some(refused) = reader.child("not") else {
            return Verdict::Compatible;
        };
        if self.is_disjoint(writer, refused) {
            Verdict::Compatible
        } else if self.included(writer, refused) == Verdict::Compatible {
            Verdict::Breaking
        } else {
            self.unknown("not")
        }
    }

    fn conditional(&mut self, writer: &Case<'a>, reader: Node<'a>) -> Verdict {
        let Some(condition) = reader.child("if") else {
            return Verdict::Compatible;
        };
        let met = !self.is_disjoint(writer, condition);
        let unmet = self.included(writer, condition) != Verdict::Compatible;
        for (reached, key) in [(met, "then"), (unmet, "else")] {
            let Some(demand) = reader.child(key).filter(|_| reached) else {
                continue;
            };
            match self.included(writer, demand) {
                Verdict::Compatible => {}
                _ if met && unmet => return self.unknown("if"),
                verdict => return verdict,
            }
        }
        Verdict::Compatible
    }

    /// Whether two schemas ask for the same, word for word; annotations are passed over.
    pub(super) fn alike(&mut self, a: Node<'a>, b: Node<'a>) -> bool {
        let key = (a.id(), b.id());
        if let Some(known) = self.alike.get(&key) {
            return *known;
        }
        let mut assumed = BTreeSet::new();
        let alike = alike(a, b, &mut assumed, 0);
        self.alike.insert(key, alike);
        alike
    }

    /// Whether a name matches a pattern; `None` when the pattern is none that can be read.
    pub(super) fn matches(&mut self, pattern: &str, text: &str) -> Option<bool> {
        if !self.patterns.contains_key(pattern) {
            self.patterns
                .insert(pattern.to_owned(), super::pattern::compile(pattern));
        }
        let regex = self.patterns.get(pattern)?.as_ref()?;
        Some(regex.is_match(text))
    }
}

/// The worst of some verdicts; no more are asked for once one is breaking.
pub(super) fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    let mut worst = Verdict::Compatible;
    for verdict in verdicts {
        worst = worse(worst, verdict);
        if worst == Verdict::Breaking {
            break;
        }
    }
    worst
}

pub(super) fn worse(a: Verdict, b: Verdict) -> Verdict {
    match (a, b) {
        (Verdict::Breaking, _) | (_, Verdict::Breaking) => Verdict::Breaking,
        (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
        _ => Verdict::Compatible,
    }
}

pub(super) fn milder(a: Verdict, b: Verdict) -> Verdict {
    match (a, b) {
        (Verdict::Compatible, _) | (_, Verdict::Compatible) => Verdict::Compatible,
        (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
        _ => Verdict::Breaking,
    }
}

pub(super) fn holds(holds: bool) -> Verdict {
    if holds {
        Verdict::Compatible
    } else {
        Verdict::Breaking
    }
}

fn alike<'a>(
    a: Node<'a>,
    b: Node<'a>,
    assumed: &mut BTreeSet<(usize, usize)>,
    depth: usize,
) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let (Value::Object(left), Value::Object(right)) = (a.value, b.value) else {
        return a.value == b.value;
    };
    if !assumed.insert((a.id(), b.id())) {
        return true;
    }
    if !assertions(left).eq(assertions(right)) {
        return false;
    }
    let depth = depth + 1;
    assertions(left).all(|key| match key {
        "$ref" => match (a.target(), b.target()) {
            (Some(a), Some(b)) => alike(a, b, assumed, depth),
            _ => false,
        },
        // What these refer to depends on more than the document's places.
        "$dynamicRef" | "$recursiveRef" => false,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
            a.list(key).count() == b.list(key).count()
                && (a.list(key).zip(b.list(key))).all(|(a, b)| alike(a, b, assumed, depth))
        }
        // Before 2020-12 a tuple stood in `items`.
        "items" if left.get(key).is_some_and(Value::is_array) => {
            right.get(key).is_some_and(Value::is_array)
                && a.list(key).count() == b.list(key).count()
                && (a.list(key).zip(b.list(key))).all(|(a, b)| alike(a, b, assumed, depth))
        }
        // A list of names in `dependencies` is compared as it is.
        "properties" | "patternProperties" | "dependentSchemas" | "dependencies" => {
            a.map(key).count() == b.map(key).count()
                && a.map(key).all(|(name, a)| {
                    let other = b.map(key).find(|(other, _)| *other == name);
                    other.is_some_and(|(_, b)| alike(a, b, assumed, depth))
                })
        }
        "additionalProperties"
        | "propertyNames"
        | "unevaluatedProperties"
        | "items"
        | "additionalItems"
        | "contains"
        | "unevaluatedItems"
        | "not"
        | "if"
        | "then"
        | "else" => match (a.child(key), b.child(key)) {
            (Some(a), Some(b)) => alike(a, b, assumed, depth),
            _ => false,
        },
        "required" | "type" if a.get(key).is_some_and(Value::is_array) => {
            let names = |node: Node<'a>| node.names(key).collect::<BTreeSet<_>>();
            b.get(key).is_some_and(Value::is_array) && names(a) == names(b)
        }
        _ => a.get(key) == b.get(key),
    })
}
