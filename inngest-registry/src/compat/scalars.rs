//! The rules for numbers and strings, for counts, and for formats.

use super::case::{Demand, Facts};
use super::number::{Bound, Decimal, bounds_of_format};
use super::prover::{Prover, Sense};
use super::types::Types;
use super::verdict::Verdict;

const MANY_DIGITS: &str = "a number of many digits";

/// A bound follows from a bound of the writer at the same end that is as tight.
pub(super) fn bound<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    match Bound::of(demand.reader, demand.key) {
        Some(bound) => in_bound(prover, demand.facts, bound),
        None => prover.unknown(MANY_DIGITS),
    }
}

fn in_bound<'a>(prover: &Prover<'a>, facts: &Facts<'a>, mut demand: Bound) -> Verdict {
    if facts.types().within(Types::INTEGER) {
        demand = demand.of_integers();
    }
    let mut known = bounds(prover, facts, demand.lower).into_iter();
    Verdict::of(known.any(|bound| bound.implies(demand)))
}

/// The bounds of the values at one end. If all values are integers, the bounds are too.
pub(super) fn bounds(prover: &Prover<'_>, facts: &Facts<'_>, lower: bool) -> Vec<Bound> {
    let keys = if lower {
        ["minimum", "exclusiveMinimum"]
    } else {
        ["maximum", "exclusiveMaximum"]
    };
    let of_part = |part| keys.into_iter().filter_map(move |key| Bound::of(part, key));
    let mut bounds: Vec<_> = facts.parts.iter().copied().flat_map(of_part).collect();
    if facts.types().within(Types::INTEGER) {
        if prover.sense == Sense::Written {
            let of_formats = facts.formats().filter_map(bounds_of_format).flatten();
            bounds.extend(of_formats.filter(|bound| bound.lower == lower));
        }
        bounds = bounds.into_iter().map(Bound::of_integers).collect();
    }
    bounds
}

/// A step follows from a step that is a multiple of it. Integers have the step 1.
pub(super) fn multiple_of<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let Some(unit) = demand.reader.get(demand.key).and_then(Decimal::of) else {
        return prover.unknown(MANY_DIGITS);
    };
    let units = demand.facts.children(demand.key);
    let units = units.filter_map(|unit| Decimal::of(unit.value));
    let integers = demand.facts.types().within(Types::INTEGER);
    let mut units = units.chain(integers.then(|| Decimal::integer(1)));
    Verdict::of(units.any(|known| known.is_multiple_of(unit) == Some(true)))
}

/// A format follows from the same format, and an integer format from the bounds that it implies.
///
/// To a validator a format is an annotation; to a program it is a type. A program that expects a date
/// does not read any text, and one that expects an `i32` does not read any `i64`.
pub(super) fn format<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let (facts, types) = (demand.facts, demand.facts.types());
    let Some(format) = demand.reader.get("format").filter(|f| f.is_string()) else {
        return Verdict::Compatible;
    };
    if prover.sense == Sense::Strict || facts.formats().any(|known| known == format) {
        return Verdict::Compatible;
    }
    match bounds_of_format(format) {
        Some(bounds) if types.within(Types::NUMBER) => {
            Verdict::worst(bounds.map(|bound| in_bound(prover, facts, bound)))
        }
        // As text, an integer has a format too.
        _ if types.within(Types::STRING) => Verdict::Breaking,
        _ => Verdict::Compatible,
    }
}

/// A pattern follows from the same pattern only.
pub(super) fn pattern(demand: &Demand<'_, '_>) -> Verdict {
    let pattern = demand.reader.get(demand.key);
    let mut known = demand.facts.children(demand.key);
    Verdict::of(known.any(|known| Some(known.value) == pattern))
}

/// A least or greatest number of characters, items or properties follows from a known number that is
/// as tight.
pub(super) fn count<'a>(
    prover: &mut Prover<'a>,
    demand: &Demand<'_, 'a>,
    known: Option<u64>,
) -> Verdict {
    match demand.reader.counted(demand.key) {
        Some(least) if demand.key.starts_with("min") => Verdict::of(known.unwrap_or(0) >= least),
        Some(most) => Verdict::of(known.is_some_and(|known| known <= most)),
        None => prover.unknown(demand.key),
    }
}
