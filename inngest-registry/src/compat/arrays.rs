//! The rules for arrays.

use super::case::{Case, Demand, Facts};
use super::node::Node;
use super::prover::Prover;
use super::verdict::Verdict;

/// The keywords with schemas for items.
const KEYWORDS: [&str; 5] = [
    "prefixItems",
    "items",
    "additionalItems",
    "contains",
    "unevaluatedItems",
];

/// The reader accepts the item at each place that an array may reach.
pub(super) fn items<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let facts = demand.facts;
    let (tuple, rest) = demand.reader.items();
    let known = facts.parts.iter().map(|part| part.items().0.len()).max();
    let places = known.unwrap_or_default().max(tuple.len());
    let most = max_items(prover, facts).unwrap_or(u64::MAX);
    let reached = (0..=places).take_while(|place| (*place as u64) < most);
    Verdict::worst(
        reached.map(|place| match tuple.get(place).copied().or(rest) {
            Some(wanted) => prover.part(&item(facts, place), wanted),
            None => Verdict::Compatible,
        }),
    )
}

/// Items are unique if the writer requires it, or if there is at most one.
pub(super) fn unique<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let facts = demand.facts;
    let is_unique = |part| Node::is(part, demand.key, true);
    Verdict::of(
        !is_unique(demand.reader)
            || max_items(prover, facts).is_some_and(|most| most <= 1)
            || facts.parts.iter().copied().any(is_unique),
    )
}

/// Enough items match if the writer requires as many of a narrower schema, or if all items match.
pub(super) fn contains<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let (facts, reader) = (demand.facts, demand.reader);
    let Some(wanted) = reader.child(demand.key) else {
        return Verdict::Compatible;
    };
    let least = |node: Node<'a>| node.counted("minContains").unwrap_or(1);
    if reader.get("maxContains").is_some() {
        return prover.unknown("maxContains");
    }
    let follows = |part: &Node<'a>| {
        let found = part
            .child(demand.key)
            .filter(|_| least(*part) >= least(reader));
        // The schema of all items holds for these items too.
        let items = found.map(|found| Case::of([found]).partial(true));
        items.is_some_and(|items| prover.part(&items, wanted) == Verdict::Compatible)
    };
    if facts.parts.iter().any(follows) {
        return Verdict::Compatible;
    }
    let all = prover.part(&item(facts, usize::MAX), wanted) == Verdict::Compatible;
    let tuple = facts.parts.iter().any(|part| !part.items().0.is_empty());
    let enough = facts.most("minItems").unwrap_or_default() >= least(reader);
    if least(reader) == 0 || (all && !tuple && enough) {
        Verdict::Compatible
    } else if facts.has(demand.key) {
        prover.unknown(demand.key)
    } else {
        Verdict::Breaking
    }
}

/// Unevaluated items are accepted if they may be anything; otherwise the verdict is unknown.
pub(super) fn unevaluated<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    match demand.reader.child(demand.key) {
        Some(rest) if !rest.accepts_all() => prover.unknown(demand.key),
        _ => Verdict::Compatible,
    }
}

/// Everything known about the item at an index.
pub(super) fn item<'a>(facts: &Facts<'a>, index: usize) -> Case<'a> {
    let items = facts.parts.iter().filter_map(|part| {
        let (tuple, rest) = part.items();
        tuple.get(index).copied().or(rest)
    });
    let is_partial = facts.has_any(&["contains", "unevaluatedItems"])
        || facts.may_hold_more(|node| KEYWORDS.iter().any(|key| node.get(key).is_some()));
    Case::of(items).partial(is_partial)
}

/// The most items that the array may have.
pub(super) fn max_items<'a>(prover: &mut Prover<'a>, facts: &Facts<'a>) -> Option<u64> {
    let tuples = facts.parts.iter().filter_map(|part| {
        let (tuple, rest) = part.items();
        let ends = prover.is_empty(&Case::of([rest?]));
        ends.then_some(tuple.len() as u64)
    });
    tuples.chain(facts.least("maxItems")).min()
}
