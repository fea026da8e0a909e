//! What a reader asks of numbers and strings.

use serde_json::Value;

use super::case::{Facts, count};
use super::node::Node;
use super::number::{Bound, Decimal, range_of_format};
use super::prover::{Prover, Sense};
use super::types::Types;
use super::verdict::Verdict;

impl<'a> Prover<'a> {
    pub(super) fn number(
        &mut self,
        facts: &Facts<'a>,
        reader: Node<'a>,
        key: &'static str,
    ) -> Verdict {
        let lower = match key {
            "minimum" | "exclusiveMinimum" => true,
            "maximum" | "exclusiveMaximum" => false,
            "multipleOf" => return self.multiple_of(facts, reader),
            _ => return Verdict::Compatible,
        };
        let Some(value) = reader.get(key).and_then(Decimal::of) else {
            return self.unknown("a number of many digits");
        };
        let exclusive = key.starts_with("exclusive");
        self.in_bound(facts, Bound { value, exclusive }, lower)
    }

    fn in_bound(&mut self, facts: &Facts<'a>, mut demand: Bound, lower: bool) -> Verdict {
        if facts.types().within(Types::INTEGER) {
            demand = demand.of_integers(lower);
        }
        let bounds = self.bounds(facts, lower);
        Verdict::of(bounds.iter().any(|bound| bound.within(demand, lower)))
    }

    fn multiple_of(&mut self, facts: &Facts<'a>, reader: Node<'a>) -> Verdict {
        let Some(unit) = reader.get("multipleOf").and_then(Decimal::of) else {
            return self.unknown("a number of many digits");
        };
        let integers = facts.types().within(Types::INTEGER);
        let mut units: Vec<_> = facts
            .parts
            .iter()
            .filter_map(|part| Decimal::of(part.get("multipleOf")?))
            .collect();
        if integers {
            units.push(Decimal::integer(1));
        }
        Verdict::of(units.iter().any(|known| known.is_multiple_of(unit)))
    }

    /// To a validator a format is an annotation; to a program it is a type. A program that expects a
    /// date does not read any text, and one that expects an `i32` does not read any `i64`.
    pub(super) fn format(&mut self, facts: &Facts<'a>, reader: Node<'a>) -> Verdict {
        let Some(format) = reader.get("format").and_then(Value::as_str) else {
            return Verdict::Compatible;
        };
        let known = |part: &Node<'a>| part.get("format").and_then(Value::as_str) == Some(format);
        if self.sense == Sense::Strict || facts.parts.iter().any(known) {
            return Verdict::Compatible;
        }
        let types = facts.types();
        match range_of_format(format) {
            Some((low, high)) if types.within(Types::NUMBER) => {
                let bound = |value| Bound {
                    value: Decimal::integer(value),
                    exclusive: false,
                };
                Verdict::worst([
                    self.in_bound(facts, bound(low), true),
                    self.in_bound(facts, bound(high), false),
                ])
            }
            None if types.within(Types::STRING) => Verdict::Breaking,
            _ => Verdict::Compatible,
        }
    }

    pub(super) fn string(
        &mut self,
        facts: &Facts<'a>,
        reader: Node<'a>,
        key: &'static str,
    ) -> Verdict {
        match key {
            "minLength" => self.at_least(facts, reader, key),
            "maxLength" => self.at_most(facts.least(key), reader, key),
            "pattern" => {
                let pattern = reader.get(key);
                Verdict::of(facts.parts.iter().any(|part| part.get(key) == pattern))
            }
            _ => Verdict::Compatible,
        }
    }

    pub(super) fn at_least(
        &mut self,
        facts: &Facts<'a>,
        reader: Node<'a>,
        key: &'static str,
    ) -> Verdict {
        match count(reader, key) {
            Some(least) => Verdict::of(facts.most(key).unwrap_or_default() >= least),
            None => self.unknown(key),
        }
    }

    pub(super) fn at_most(
        &mut self,
        known: Option<u64>,
        reader: Node<'a>,
        key: &'static str,
    ) -> Verdict {
        match count(reader, key) {
            Some(most) => Verdict::of(known.is_some_and(|known| known <= most)),
            None => self.unknown(key),
        }
    }
}
