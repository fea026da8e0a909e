//! Judges a claim: does the reader accept every value that the writer writes?
//!
//! The reader's schema is a list of demands, one for each keyword. The writer's schema is split into
//! cases: unions into branches, lists of types into single types. Each demand must then follow from
//! what is known about each case.

use serde_json::Value;

use super::case::{Case, Facts};
use super::node::{Node, assertions};
use super::prover::{Prover, SIZE};
use super::types::Types;
use super::verdict::Verdict;

/// The most branches without a discriminator that a union may have.
const MAX_BRANCHES: usize = 1_000;
/// The cost of a glance at two schemas, relative to comparing two texts.
const GLANCE: usize = 4;

impl<'a> Prover<'a> {
    /// The verdict on a claim, or on the demand of a single keyword.
    pub(super) fn judge(
        &mut self,
        writer: &Case<'a>,
        reader: Node<'a>,
        only: Option<&str>,
    ) -> Verdict {
        if self.is_empty(writer) {
            return Verdict::Compatible;
        }
        let map = match reader.value {
            Value::Object(map) => map,
            Value::Bool(_) => return Verdict::Breaking,
            _ => return self.unknown("an invalid schema"),
        };
        let facts = self.facts(writer);
        if only.is_none()
            && let Some(values) = self.values(&facts)
        {
            let formats = facts.parts.iter().filter_map(|part| part.get("format"));
            let formats: Vec<_> = formats.filter_map(Value::as_str).collect();
            let accepted = |value| self.accepted_with(reader, value, &formats);
            let verdict = Verdict::worst(values.into_iter().map(accepted));
            return self.as_far_as_known(&facts, verdict);
        }
        let each = |prover: &mut Self, case: &Case<'a>| match only {
            None => prover.included(case, reader),
            Some(_) => prover.judge(case, reader, only),
        };
        if let Some(cases) = self.split(writer, &facts) {
            return match cases {
                Ok(cases) if self.may_go_on(writer) => {
                    Verdict::worst(cases.iter().map(|case| each(self, case)))
                }
                _ => self.unknown(SIZE),
            };
        }
        let types: Vec<_> = facts.types().split().collect();
        if types.len() > 1 {
            return Verdict::worst(types.iter().map(|t| each(self, &writer.with(*t))));
        }
        let keys = assertions(map).filter(|key| only.is_none_or(|only| *key == only));
        let verdict = Verdict::worst(keys.map(|key| self.demand(writer, &facts, reader, key)));
        self.as_far_as_known(&facts, verdict)
    }

    /// If not everything about the writer is known, a break may concern values that are not written.
    fn as_far_as_known(&mut self, facts: &Facts<'a>, verdict: Verdict) -> Verdict {
        match facts.vague {
            Some(keyword) if verdict == Verdict::Breaking => self.unknown(keyword),
            _ => verdict,
        }
    }

    /// The demand of one keyword, on a case of a single type without unions.
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
            "allOf" => Verdict::worst(reader.list(key).map(|node| self.included(writer, node))),
            "anyOf" => self.any_of(writer, reader),
            "oneOf" => self.one_of(writer, reader),
            "not" => self.not(writer, reader),
            "if" => self.conditional(writer, reader),
            "then" | "else" => Verdict::Compatible,
            // Values that can be listed were checked before.
            "const" | "enum" => Verdict::Breaking,
            "type" => match Types::told(reader) {
                Some(accepted) => Verdict::of(types.within(accepted)),
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
        for branch in self.near(writer, reader, "anyOf") {
            match self.included(writer, branch) {
                Verdict::Compatible => return Verdict::Compatible,
                Verdict::Unknown if !self.is_disjoint(writer, branch) => verdict = Verdict::Unknown,
                _ => {}
            }
        }
        verdict
    }

    fn one_of(&mut self, writer: &Case<'a>, reader: Node<'a>) -> Verdict {
        let mut near = self.near(writer, reader, "oneOf");
        near.retain(|branch| !self.is_disjoint(writer, *branch));
        if let [only] = near.as_slice() {
            return self.included(writer, *only);
        }
        let verdicts: Vec<_> = near.iter().map(|b| self.included(writer, *b)).collect();
        let count = |verdict| verdicts.iter().filter(|v| **v == verdict).count();
        match (count(Verdict::Compatible), count(Verdict::Unknown)) {
            // Several branches hold, or none.
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

    /// Whether one keyword of the reader is satisfied.
    pub(super) fn keyword(&mut self, writer: Node<'a>, reader: Node<'a>, key: &str) -> Verdict {
        if reader.get(key).is_none() {
            return Verdict::Compatible;
        }
        self.judge(&Case::of([writer]), reader, Some(key))
    }

    /// Whether a case obviously has no value in common with a schema.
    pub(super) fn is_plainly_disjoint(&mut self, case: &Case<'a>, other: Node<'a>) -> bool {
        self.may_look()
            && case
                .nodes()
                .iter()
                .any(|node| self.are_disjoint(*node, other))
    }

    fn are_disjoint(&mut self, a: Node<'a>, b: Node<'a>) -> bool {
        self.look(GLANCE);
        let summary = self.summary(a);
        summary.is_disjoint(&self.summary(b))
    }

    /// The branches of the reader's union that may accept a value of the case.
    fn near(&mut self, case: &Case<'a>, union: Node<'a>, key: &'static str) -> Vec<Node<'a>> {
        let branches = self.branches(union, key);
        let candidates = case.nodes().iter().map(|node| {
            let summary = self.summary(*node);
            branches.near(&summary)
        });
        let fewest = candidates.min_by_key(Vec::len).unwrap_or_default();
        let nodes = fewest
            .into_iter()
            .filter_map(|index| branches.nodes.get(index).copied());
        nodes
            .filter(|branch| !self.is_plainly_disjoint(case, *branch))
            .collect()
    }

    /// Splits a case by a union that holds for its values, if there is one.
    pub(super) fn split(
        &mut self,
        case: &Case<'a>,
        facts: &Facts<'a>,
    ) -> Option<Result<Vec<Case<'a>>, TooMany>> {
        let union = case.union(facts)?;
        let branches = self.branches(union.node, union.key);
        if branches.undiscriminated() > MAX_BRANCHES {
            return Some(Err(TooMany));
        }
        let cases = branches.nodes.iter().map(|branch| {
            let overlapping = if union.key == "oneOf" {
                let summary = self.summary(*branch);
                let near = branches.near(&summary).into_iter();
                let near = near.filter_map(|index| branches.nodes.get(index).copied());
                let others = near.filter(|other| other.id() != branch.id());
                others
                    .filter(|other| !self.are_disjoint(*branch, *other))
                    .collect()
            } else {
                Vec::new()
            };
            case.choose(&union, *branch, overlapping)
        });
        Some(Ok(cases.collect()))
    }
}

/// A union has too many branches.
pub(super) struct TooMany;
