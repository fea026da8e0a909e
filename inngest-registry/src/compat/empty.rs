//! Whether a case has any values, which ones if they can be listed, and whether it overlaps a schema.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::accepts::surely;
use super::arrays::{item, max_items};
use super::case::{Case, Facts};
use super::node::Node;
use super::number::Bound;
use super::objects::{property, written};
use super::prover::Prover;
use super::scalars::bounds;
use super::types::Types;
use super::unions::{is_plainly_disjoint, split};

/// The most items of an array that are checked one by one.
const MAX_ITEMS: u64 = 64;

/// Whether it is proved that the other schema accepts no value that is written.
pub(super) fn is_disjoint<'a>(prover: &mut Prover<'a>, writer: &Case<'a>, other: Node<'a>) -> bool {
    if is_plainly_disjoint(prover, writer, other)
        || prover.have_no_common_value(&writer.with(other))
    {
        return true;
    }
    let facts = prover.facts(writer);
    // Writers do not write undeclared properties, even if the object is open.
    facts.types().within(Types::OBJECT) && {
        let other = prover.facts(&Case::of([other]));
        let mut required = other.required.iter();
        required.any(|name| written(prover, &facts, name).is_none())
    }
}

/// A case has no values if its schemas contradict each other, a schema in `none`, or themselves in
/// every branch and for every type.
pub(super) fn has_no_value<'a>(prover: &mut Prover<'a>, case: &Case<'a>) -> bool {
    let facts = prover.facts(case);
    let types = facts.types();
    if facts.never || types.is_empty() {
        return true;
    }
    if let Some(values) = values(prover, &facts) {
        return values.is_empty();
    }
    // An impossible tag is found quickly; refused schemas take longer.
    if types.within(Types::OBJECT) && no_object(prover, &facts) {
        return true;
    }
    let all = Case::of(facts.parts.iter().copied());
    let is_refused = |none: &Node<'a>| {
        facts.parts.iter().any(|part| prover.is_same(*part, *none))
            || (facts.vague.is_none() && prover.accepts_all_of(*none, &all))
    };
    if facts.none.iter().any(is_refused) {
        return true;
    }
    if let Some(cases) = split(prover, case, &facts) {
        return cases.is_ok_and(|cases| cases.iter().all(|case| prover.is_empty(case)));
    }
    types.split().all(|one| match Types::of(one) {
        Types::NUMBER => no_number(prover, &facts),
        Types::STRING => exceeds(facts.most("minLength"), facts.least("maxLength")),
        Types::ARRAY => no_array(prover, &facts),
        Types::OBJECT => {
            exceeds(facts.most("minProperties"), facts.least("maxProperties"))
                || no_object(prover, &facts)
        }
        _ => false,
    })
}

fn exceeds(least: Option<u64>, most: Option<u64>) -> bool {
    least > most && most.is_some()
}

fn no_number(prover: &Prover<'_>, facts: &Facts<'_>) -> bool {
    let upper = bounds(prover, facts, false);
    let is_above_all = |low: Bound| upper.iter().any(|high| low.excludes(*high));
    bounds(prover, facts, true).into_iter().any(is_above_all)
}

fn no_array<'a>(prover: &mut Prover<'a>, facts: &Facts<'a>) -> bool {
    let least = facts.most("minItems");
    let checked = least.unwrap_or_default().min(MAX_ITEMS);
    least.is_some() && exceeds(least, max_items(prover, facts))
        || (0..checked).any(|index| {
            let index = usize::try_from(index).unwrap_or_default();
            prover.is_part_empty(&item(facts, index))
        })
}

fn no_object<'a>(prover: &mut Prover<'a>, facts: &Facts<'a>) -> bool {
    facts.required.iter().any(|name| {
        let property = property(prover, facts, name);
        prover.is_part_empty(&property)
    })
}

/// The values of the case, if they can be listed.
pub(super) fn values<'a>(prover: &mut Prover<'a>, facts: &Facts<'a>) -> Option<Vec<&'a Value>> {
    static SIMPLE: LazyLock<[Value; 3]> =
        LazyLock::new(|| [json!(null), json!(false), json!(true)]);

    let types = facts.types();
    let is_simple = types.within(Types::NULL.or(Types::BOOLEAN)) && !types.is_empty();
    let listed: Option<&'a [Value]> = facts.parts.iter().find_map(|part| part.listed());
    let listed = listed.or(is_simple.then_some(SIMPLE.as_slice()))?;
    let holds = |value: &&'a Value| {
        Types::of_value(value).within(types)
            && !facts
                .parts
                .iter()
                .any(|part| surely(prover, *part, value, false))
            && !facts
                .none
                .iter()
                .any(|none| surely(prover, *none, value, true))
    };
    Some(listed.iter().filter(holds).collect())
}
