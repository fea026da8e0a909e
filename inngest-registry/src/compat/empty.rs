//! Whether a case has any values, and which ones if they can be listed.

use std::cmp::Ordering;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::case::{Case, Facts};
use super::node::Node;
use super::number::{Bound, Decimal, range_of_format};
use super::prover::{Prover, Sense};
use super::types::Types;
use super::verdict::Verdict;

/// The most items of an array that are checked one by one.
const MAX_ITEMS: u64 = 64;

impl<'a> Prover<'a> {
    /// Whether it is proved that the other schema accepts no value that is written.
    pub(super) fn is_disjoint(&mut self, writer: &Case<'a>, other: Node<'a>) -> bool {
        if self.is_plainly_disjoint(writer, other) {
            return true;
        }
        let before = self.assumptions();
        if self.as_schemas(|prover| prover.is_empty(&writer.with(other))) {
            self.note_disjoint(before);
            return true;
        }
        let facts = self.facts(writer);
        if !facts.types().within(Types::OBJECT) {
            return false;
        }
        // Writers do not write undeclared properties, even if the object is open.
        let demands = self.facts(&Case::of([other]));
        let mut required = demands.required.iter();
        required.any(|name| self.written(&facts, name).is_none())
    }

    fn accepts_all_of(&mut self, all: &Case<'a>, other: Node<'a>) -> bool {
        self.as_schemas(|prover| prover.included(all, other)) == Verdict::Compatible
    }

    pub(super) fn has_no_value(&mut self, case: &Case<'a>) -> bool {
        let facts = self.facts(case);
        let types = facts.types();
        if facts.never || types.is_empty() {
            return true;
        }
        if let Some(values) = self.values(&facts) {
            return values.is_empty();
        }
        // An impossible tag is found quickly; refused schemas take longer.
        if types.within(Types::OBJECT) && self.no_object(&facts) {
            return true;
        }
        for none in facts.none.clone() {
            let all = Case::of(facts.parts.iter().copied());
            if facts.parts.iter().any(|part| self.is_same(*part, none))
                || (facts.vague.is_none() && self.accepts_all_of(&all, none))
            {
                return true;
            }
        }
        if let Some(cases) = self.split(case, &facts) {
            return cases.is_ok_and(|cases| cases.iter().all(|case| self.is_empty(case)));
        }
        types.split().all(|one| {
            let one = Types::of(one);
            if one == Types::NUMBER {
                self.no_number(&facts)
            } else if one == Types::STRING {
                exceeds(&facts, "minLength", "maxLength")
            } else if one == Types::ARRAY {
                self.no_array(&facts)
            } else if one == Types::OBJECT {
                exceeds(&facts, "minProperties", "maxProperties") || self.no_object(&facts)
            } else {
                false
            }
        })
    }

    fn no_number(&self, facts: &Facts<'a>) -> bool {
        let upper = self.bounds(facts, false);
        let above = |low: &Bound, high: &Bound| match low.value.compare(high.value) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => low.exclusive || high.exclusive,
            _ => false,
        };
        let lower = self.bounds(facts, true);
        lower
            .iter()
            .any(|low| upper.iter().any(|high| above(low, high)))
    }

    fn no_array(&mut self, facts: &Facts<'a>) -> bool {
        let Some(least) = facts.most("minItems") else {
            return false;
        };
        if self.max_items(facts).is_some_and(|most| least > most) {
            return true;
        }
        let least = usize::try_from(least.min(MAX_ITEMS)).unwrap_or_default();
        (0..least).any(|index| {
            let item = item(facts, index);
            self.is_part_empty(&item)
        })
    }

    fn no_object(&mut self, facts: &Facts<'a>) -> bool {
        facts.required.iter().any(|name| {
            let property = self.property(facts, name);
            self.is_part_empty(&property)
        })
    }

    /// The values of the case, if they can be listed.
    pub(super) fn values(&mut self, facts: &Facts<'a>) -> Option<Vec<&'a Value>> {
        static SIMPLE: LazyLock<[Value; 3]> =
            LazyLock::new(|| [json!(null), json!(false), json!(true)]);

        let listed = facts.parts.iter().find_map(|part| {
            let one = part.get("const").map(|value| vec![value]);
            let list = || {
                part.get("enum")?
                    .as_array()
                    .map(|list| list.iter().collect())
            };
            one.or_else(list)
        });
        let types = facts.types();
        let simple = Types::NULL.and(types).is_empty() && Types::BOOLEAN.and(types).is_empty();
        let values: Vec<&'a Value> = match listed {
            Some(values) => values,
            None if !simple && types.without(Types::NULL).within(Types::BOOLEAN) => {
                SIMPLE.iter().collect()
            }
            None => return None,
        };
        let holds = |value: &&'a Value| {
            Types::of_value(value).within(types)
                && facts
                    .parts
                    .iter()
                    .all(|part| !self.surely_refuses(*part, value))
                && facts
                    .none
                    .iter()
                    .all(|none| !self.surely_accepts(*none, value))
        };
        Some(values.into_iter().filter(holds).collect())
    }

    /// The bounds on one side. If all values are integers, the bounds are too.
    pub(super) fn bounds(&self, facts: &Facts<'a>, lower: bool) -> Vec<Bound> {
        let integers = facts.types().within(Types::INTEGER);
        let mut bounds: Vec<_> = facts
            .parts
            .iter()
            .flat_map(|part| bounds_of(*part, lower))
            .collect();
        if integers {
            if self.sense == Sense::Written {
                let formats = facts.parts.iter().filter_map(|part| part.get("format"));
                let ranges = formats.filter_map(|f| range_of_format(f.as_str()?));
                bounds.extend(ranges.map(|(low, high)| Bound {
                    value: Decimal::integer(if lower { low } else { high }),
                    exclusive: false,
                }));
            }
            for bound in &mut bounds {
                *bound = bound.of_integers(lower);
            }
        }
        bounds
    }

    /// The most items that such an array may have.
    pub(super) fn max_items(&mut self, facts: &Facts<'a>) -> Option<u64> {
        let mut most = facts.least("maxItems");
        for part in &facts.parts {
            let (tuple, rest) = part.items();
            if rest.is_some_and(|rest| self.is_empty(&Case::of([rest]))) {
                let tuple = tuple.len() as u64;
                most = Some(most.map_or(tuple, |most| most.min(tuple)));
            }
        }
        most
    }
}

/// The lower or upper bounds of one schema.
fn bounds_of(node: Node<'_>, lower: bool) -> impl Iterator<Item = Bound> {
    let keys = if lower {
        ["minimum", "exclusiveMinimum"]
    } else {
        ["maximum", "exclusiveMaximum"]
    };
    keys.into_iter().filter_map(move |key| {
        Some(Bound {
            value: Decimal::of(node.get(key)?)?,
            exclusive: key.starts_with("exclusive"),
        })
    })
}

/// Everything known about the item at an index.
pub(super) fn item<'a>(facts: &Facts<'a>, index: usize) -> Case<'a> {
    Case::of(facts.parts.iter().filter_map(|part| {
        let (tuple, rest) = part.items();
        tuple.get(index).copied().or(rest)
    }))
}

fn exceeds(facts: &Facts<'_>, least: &str, most: &str) -> bool {
    match (facts.most(least), facts.least(most)) {
        (Some(least), Some(most)) => least > most,
        _ => false,
    }
}
