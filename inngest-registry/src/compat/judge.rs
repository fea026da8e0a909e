//! Judges a claim: does the reader accept every value that the writer writes?
//!
//! The reader's schema is a list of demands, one for each keyword. The writer's schema is split into
//! cases: unions into branches, lists of types into single types. Each demand must then follow from
//! what is known about each case. [`demand`] lists the rules.

use serde_json::Value;

use super::accepts::accepted;
use super::case::{Case, Demand, Facts, INVALID};
use super::empty::{is_disjoint, values};
use super::node::{Node, assertions};
use super::prover::{Prover, SIZE, Sense};
use super::types::Types;
use super::unions::{overlapping, split};
use super::verdict::Verdict;
use super::{arrays, objects, scalars};

/// The verdict on a claim.
pub(super) fn judge<'a>(prover: &mut Prover<'a>, writer: &Case<'a>, reader: Node<'a>) -> Verdict {
    judge_by(prover, writer, reader, None)
}

/// Whether one keyword of the reader is satisfied.
pub(super) fn keyword<'a>(
    prover: &mut Prover<'a>,
    writer: Node<'a>,
    reader: Node<'a>,
    key: &str,
) -> Verdict {
    match reader.get(key) {
        Some(_) => judge_by(prover, &Case::of([writer]), reader, Some(key)),
        None => Verdict::Compatible,
    }
}

/// The verdict on a claim, or on the demand of a single keyword.
fn judge_by<'a>(
    prover: &mut Prover<'a>,
    writer: &Case<'a>,
    reader: Node<'a>,
    only: Option<&str>,
) -> Verdict {
    // Nothing is written.
    if prover.is_empty(writer) {
        return Verdict::Compatible;
    }
    let map = match reader.value {
        Value::Object(map) => map,
        Value::Bool(_) => return Verdict::Breaking,
        _ => return prover.unknown(INVALID),
    };
    // Few values are written: each is checked.
    let facts = prover.facts(writer);
    if only.is_none()
        && let Some(values) = values(prover, &facts)
    {
        let formats: Vec<_> = facts.formats().collect();
        let accepted = |value| accepted(prover, reader, value, &formats);
        let verdict = Verdict::worst(values.into_iter().map(accepted));
        return as_far_as_known(prover, &facts, verdict);
    }
    // Values of several branches or types are written: each is a claim of its own.
    let each = |prover: &mut Prover<'a>, case: &Case<'a>| match only {
        None => prover.included(case, reader),
        Some(_) => judge_by(prover, case, reader, only),
    };
    if let Some(cases) = split(prover, writer, &facts) {
        return match cases {
            Ok(cases) if prover.take_step(writer) => {
                Verdict::worst(cases.iter().map(|case| each(prover, case)))
            }
            _ => prover.unknown(SIZE),
        };
    }
    let types: Vec<_> = facts.types().split().collect();
    if types.len() > 1 {
        return Verdict::worst(types.iter().map(|t| each(prover, &writer.with(*t))));
    }
    // Each keyword of the reader must follow.
    let keys = assertions(map).filter(|key| only.is_none_or(|only| *key == only));
    let verdict = Verdict::worst(keys.map(|key| {
        let facts = &facts;
        demand(
            prover,
            &Demand {
                writer,
                facts,
                reader,
                key,
            },
        )
    }));
    as_far_as_known(prover, &facts, verdict)
}

/// If not everything about the writer is known, a break may concern values that are not written.
fn as_far_as_known(prover: &mut Prover<'_>, facts: &Facts<'_>, verdict: Verdict) -> Verdict {
    match facts.vague {
        Some(keyword) if verdict == Verdict::Breaking => prover.unknown(keyword),
        _ => verdict,
    }
}

/// The rule of each keyword. Keywords without a rule for the type of the values ask nothing.
fn demand<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let (p, d, facts) = (prover, demand, demand.facts);
    let is = |one: Types| facts.types().within(one);
    match d.key {
        "$ref" => reference(p, d),
        "$dynamicRef" | "$recursiveRef" => p.unknown(d.key),
        "allOf" => all_of(p, d),
        "anyOf" => any_of(p, d),
        "oneOf" => one_of(p, d),
        "not" => not(p, d),
        "if" => conditional(p, d),
        // Values that can be listed were checked before.
        "const" | "enum" => Verdict::Breaking,
        "type" => of_type(p, d),
        "format" => scalars::format(p, d),

        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" if is(Types::NUMBER) => {
            scalars::bound(p, d)
        }
        "multipleOf" if is(Types::NUMBER) => scalars::multiple_of(p, d),

        "minLength" if is(Types::STRING) => scalars::count(p, d, facts.most(d.key)),
        "maxLength" if is(Types::STRING) => scalars::count(p, d, facts.least(d.key)),
        "pattern" if is(Types::STRING) => scalars::pattern(d),

        "prefixItems" | "items" | "additionalItems" if is(Types::ARRAY) => arrays::items(p, d),
        "minItems" if is(Types::ARRAY) => scalars::count(p, d, facts.most(d.key)),
        "maxItems" if is(Types::ARRAY) => {
            let known = arrays::max_items(p, facts);
            scalars::count(p, d, known)
        }
        "uniqueItems" if is(Types::ARRAY) => arrays::unique(p, d),
        "contains" if is(Types::ARRAY) => arrays::contains(p, d),
        "unevaluatedItems" if is(Types::ARRAY) => arrays::unevaluated(p, d),

        "properties" | "patternProperties" | "additionalProperties" if is(Types::OBJECT) => {
            objects::properties(p, d)
        }
        "required" if is(Types::OBJECT) => objects::required(p, d),
        "minProperties" if is(Types::OBJECT) => {
            scalars::count(p, d, objects::min_properties(facts))
        }
        "maxProperties" if is(Types::OBJECT) => {
            let known = objects::max_properties(p, facts);
            scalars::count(p, d, known)
        }
        "propertyNames" if is(Types::OBJECT) => objects::names(p, d),
        "dependentRequired" if is(Types::OBJECT) => objects::dependent_required(p, d),
        "dependentSchemas" if is(Types::OBJECT) => objects::dependent_schemas(p, d),
        // Before 2019-09, one keyword held both.
        "dependencies" if is(Types::OBJECT) => {
            let required = objects::dependent_required(p, d);
            required.max(objects::dependent_schemas(p, d))
        }
        "unevaluatedProperties" if is(Types::OBJECT) => objects::unevaluated(p, d),
        _ => Verdict::Compatible,
    }
}

/// The target of a reference accepts all that is written.
fn reference<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    match demand.reader.target() {
        Some(target) => prover.included(demand.writer, target),
        None => prover.unknown(demand.key),
    }
}

/// Only accepted types are written.
fn of_type(prover: &mut Prover<'_>, demand: &Demand<'_, '_>) -> Verdict {
    match Types::declared(demand.reader) {
        Some(accepted) => Verdict::of(demand.facts.types().within(accepted)),
        None => prover.unknown(demand.key),
    }
}

/// Each branch accepts all that is written.
fn all_of<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let branches = demand.reader.list(demand.key);
    Verdict::worst(branches.map(|branch| prover.included(demand.writer, branch)))
}

/// One branch accepts all that is written.
fn any_of<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let writer = demand.writer;
    let mut verdict = Verdict::Breaking;
    for branch in overlapping(prover, writer, demand.reader, demand.key) {
        match prover.included(writer, branch) {
            Verdict::Compatible => return Verdict::Compatible,
            Verdict::Unknown if !is_disjoint(prover, writer, branch) => verdict = Verdict::Unknown,
            _ => {}
        }
    }
    verdict
}

/// One branch accepts all that is written, and the others accept nothing of it.
fn one_of<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let writer = demand.writer;
    let mut branches = overlapping(prover, writer, demand.reader, demand.key);
    branches.retain(|branch| !is_disjoint(prover, writer, *branch));
    if let [only] = branches.as_slice() {
        return prover.included(writer, *only);
    }
    let verdicts = branches.iter().map(|b| prover.included(writer, *b));
    let verdicts: Vec<_> = verdicts.collect();
    let count = |verdict| verdicts.iter().filter(|v| **v == verdict).count();
    match (count(Verdict::Compatible), count(Verdict::Unknown)) {
        // Several branches hold, or none.
        (2.., _) | (0, 0) => Verdict::Breaking,
        _ => prover.unknown(demand.key),
    }
}

/// The refused schema accepts nothing that is written.
fn not<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let Some(refused) = demand.reader.child(demand.key) else {
        return Verdict::Compatible;
    };
    if is_disjoint(prover, demand.writer, refused) {
        Verdict::Compatible
    } else if prover.included(demand.writer, refused) == Verdict::Compatible {
        Verdict::Breaking
    } else {
        prover.unknown(demand.key)
    }
}

/// `then` accepts what is written if the condition may hold, and `else` if it may not.
fn conditional<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let (writer, reader) = (demand.writer, demand.reader);
    let Some(condition) = reader.child(demand.key) else {
        return Verdict::Compatible;
    };
    let met = !is_disjoint(prover, writer, condition);
    // Only readers fill in defaults, not conditions.
    let unmet = match prover.sense {
        Sense::Strict => !prover.accepts_all_of(condition, writer),
        _ => prover.included(writer, condition) != Verdict::Compatible,
    };
    for (reached, key) in [(met, "then"), (unmet, "else")] {
        let Some(wanted) = reader.child(key).filter(|_| reached) else {
            continue;
        };
        match prover.included(writer, wanted) {
            Verdict::Compatible => {}
            _ if met && unmet => return prover.unknown(demand.key),
            verdict => return verdict,
        }
    }
    Verdict::Compatible
}
