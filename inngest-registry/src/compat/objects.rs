//! The rules for objects, and the properties that a writer writes.

use serde_json::Value;

use super::accepts::accepted;
use super::case::{Case, Demand, Facts};
use super::node::Node;
use super::prover::{Prover, Sense};
use super::types::Types;
use super::verdict::Verdict;

const PATTERNS: &str = "patternProperties";
/// The keyword for properties that are neither declared nor match a pattern.
const REST: &str = "additionalProperties";
const UNEVALUATED: &str = "unevaluatedProperties";

/// A property is always present if the writer requires it, or if the reader fills it in.
pub(super) fn required(prover: &Prover<'_>, demand: &Demand<'_, '_>) -> Verdict {
    let mut names = demand.reader.names(demand.key);
    Verdict::of(
        names.all(|name| demand.facts.requires(name) || fills_in(prover, demand.reader, name)),
    )
}

/// Confluent's readers use the default of a required property that is absent.
fn fills_in(prover: &Prover<'_>, reader: Node<'_>, name: &str) -> bool {
    let property = reader.property(name);
    prover.sense == Sense::Strict && property.is_some_and(|p| p.get("default").is_some())
}

/// A property is present if the reader requires it.
pub(super) fn requirement(
    prover: &Prover<'_>,
    writer: &Facts<'_>,
    reader: &Facts<'_>,
    name: &str,
) -> Verdict {
    let is_filled = reader
        .parts
        .iter()
        .any(|part| fills_in(prover, *part, name));
    Verdict::of(is_filled || writer.requires(name) || !reader.requires(name))
}

/// A property is present if the reader requires it, and has an accepted type.
pub(super) fn property_verdict<'a>(
    prover: &mut Prover<'a>,
    writer: &Facts<'a>,
    reader: &Facts<'a>,
    name: &str,
) -> Verdict {
    let present = requirement(prover, writer, reader, name);
    let Some(property) = written(prover, writer, name) else {
        return present;
    };
    let wanted = constraints(prover, &reader.parts, name, true);
    present.max(Verdict::worst(
        wanted.into_iter().map(|w| prover.part(&property, w)),
    ))
}

/// Everything known about a property if it is present.
pub(super) fn property<'a>(prover: &mut Prover<'a>, facts: &Facts<'a>, name: &str) -> Case<'a> {
    let known = constraints(prover, &facts.parts, name, false);
    let mut patterns = facts.entries(PATTERNS).map(|(pattern, _)| pattern);
    let is_partial = patterns.any(|pattern| prover.matches(pattern, name).is_none())
        || facts
            .parts
            .iter()
            .any(|part| part.property(name).is_none() && describes(*part, UNEVALUATED))
        || facts.may_hold_more(|node| {
            node.property(name).is_some()
                || [PATTERNS, REST, UNEVALUATED]
                    .iter()
                    .any(|key| describes(node, key))
        });
    Case::of(known).partial(is_partial)
}

/// Whether a keyword describes properties, and does not just allow or refuse them.
fn describes(node: Node<'_>, key: &str) -> bool {
    node.child(key)
        .is_some_and(|schema| schema.value.is_object())
}

/// Whether schemas under a condition may describe further properties.
fn describes_more(facts: &Facts<'_>) -> bool {
    let keys = ["properties", PATTERNS, REST, UNEVALUATED];
    facts.may_hold_more(|node| keys.iter().any(|key| describes(node, key)))
}

/// What schemas ask of a property. `doubtful` includes schemas that may apply.
fn constraints<'a>(
    prover: &mut Prover<'a>,
    parts: &[Node<'a>],
    name: &str,
    doubtful: bool,
) -> Vec<Node<'a>> {
    let mut all = Vec::new();
    for part in parts {
        let declared = part.property(name);
        let mut mentioned = declared.is_some();
        all.extend(declared);
        for (pattern, node) in part.map(PATTERNS) {
            let matches = prover.matches(pattern, name);
            mentioned |= matches.unwrap_or(!doubtful);
            all.extend(matches.unwrap_or(doubtful).then_some(node));
        }
        if !mentioned {
            all.extend(part.child(REST));
        }
    }
    all
}

/// The property as it is written; `None` if it never is.
pub(super) fn written<'a>(
    prover: &mut Prover<'a>,
    facts: &Facts<'a>,
    name: &str,
) -> Option<Case<'a>> {
    let mut patterns = facts.entries(PATTERNS).map(|(pattern, _)| pattern);
    let is_written = facts.requires(name)
        || facts.declares(name)
        || writes_undeclared(prover, facts)
        || patterns.any(|pattern| prover.matches(pattern, name) != Some(false));
    let case = is_written.then(|| property(prover, facts, name))?;
    (!prover.is_empty(&case)).then_some(case)
}

/// The worst verdict of a rule on the properties among `names` that are written.
fn each_written<'a>(
    prover: &mut Prover<'a>,
    facts: &Facts<'a>,
    names: impl IntoIterator<Item = &'a str>,
    rule: impl Fn(&mut Prover<'a>, &'a str, Case<'a>) -> Verdict,
) -> Verdict {
    Verdict::worst(names.into_iter().map(|name| {
        let property = written(prover, facts, name);
        property.map_or(Verdict::Compatible, |property| rule(prover, name, property))
    }))
}

/// Whether undeclared properties are written.
///
/// A struct writes declared properties only. Maps describe their values in `additionalProperties`, and
/// a schema without `properties` may describe anything.
fn writes_undeclared<'a>(prover: &mut Prover<'a>, facts: &Facts<'a>) -> bool {
    let mut rests = facts.children(REST).chain(facts.children(UNEVALUATED));
    !prover.is_empty(&undeclared(facts))
        && (prover.sense != Sense::Written
            || declares_elsewhere(facts)
            || !facts.has("properties")
            || rests.any(|rest| *rest.value != false))
}

/// The reader accepts each property that is written: those with known names, those that match a
/// pattern, and all others.
pub(super) fn properties<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let (facts, reader) = (demand.facts, demand.reader);
    let mut names = facts.named();
    names.extend(reader.map("properties").map(|(name, _)| name));
    let known = Verdict::worst(names.into_iter().map(|name| {
        let wanted = constraints(prover, &[reader], name, true);
        // Most properties did not change, and this test is cheap.
        if let (Some(declared), [wanted]) = (facts.declaration(name), wanted.as_slice())
            && prover.is_same(declared, *wanted)
        {
            return Verdict::Compatible;
        }
        let Some(property) = written(prover, facts, name) else {
            return Verdict::Compatible;
        };
        Verdict::worst(wanted.into_iter().map(|w| prover.part(&property, w)))
    }));
    if known == Verdict::Breaking {
        return known;
    }
    let by_pattern = by_pattern(prover, facts, reader);
    known.max(by_pattern).max(rest(prover, facts, reader))
}

/// The reader accepts the properties that match one of the writer's patterns.
fn by_pattern<'a>(prover: &mut Prover<'a>, facts: &Facts<'a>, reader: Node<'a>) -> Verdict {
    let mut verdict = Verdict::Compatible;
    // A name may match several patterns, or have the schema of another part.
    let describing = facts.parts.iter().filter(|part| {
        let keys = [PATTERNS, REST, UNEVALUATED];
        keys.iter().any(|key| describes(**part, key))
    });
    let has_more =
        describing.count() > 1 || facts.entries(PATTERNS).nth(1).is_some() || describes_more(facts);
    for (pattern, property) in facts.entries(PATTERNS) {
        let is_covered = reader.map(PATTERNS).any(|(other, _)| other == pattern);
        let rest = reader.child(REST).filter(|_| !is_covered);
        let is_only = reader.map(PATTERNS).next().is_none();
        let wanted = reader
            .map(PATTERNS)
            .map(|(other, node)| (Some(other), node));
        for (other, wanted) in wanted.chain(rest.map(|rest| (None, rest))) {
            // A name that matches both patterns obeys both of the writer's schemas.
            let same = facts.entries(PATTERNS).filter(|(p, _)| other == Some(*p));
            let case = Case::of(same.map(|(_, node)| node).chain([property]));
            let case = case.partial(has_more);
            let is_exact = other.map_or(is_only, |other| other == pattern);
            let mut one = prover.part(&case, wanted);
            if !is_exact {
                one = prover.of_stronger(one, PATTERNS);
            }
            verdict = verdict.max(one);
        }
    }
    verdict
}

/// The reader accepts the properties that the writer does not mention.
pub(super) fn rest<'a>(prover: &mut Prover<'a>, facts: &Facts<'a>, reader: Node<'a>) -> Verdict {
    if !writes_undeclared(prover, facts) {
        return Verdict::Compatible;
    }
    let rest = undeclared(facts);
    let is_own = |pattern| facts.entries(PATTERNS).any(|(own, _)| own == pattern);
    let others = reader.map(PATTERNS).filter(|(p, _)| !is_own(*p));
    let wanted = others.map(|(_, node)| node).chain(reader.child(REST));
    Verdict::worst(wanted.map(|wanted| prover.part(&rest, wanted)))
}

/// The most properties that the object may have.
pub(super) fn max_properties<'a>(prover: &mut Prover<'a>, facts: &Facts<'a>) -> Option<u64> {
    let is_open = writes_undeclared(prover, facts) || has_patterns(facts);
    let written = (!is_open).then(|| facts.named().len() as u64);
    written
        .into_iter()
        .chain(facts.least("maxProperties"))
        .min()
}

/// The least number of properties that the object may have.
pub(super) fn min_properties(facts: &Facts<'_>) -> Option<u64> {
    facts
        .most("minProperties")
        .max(Some(facts.required.len() as u64))
}

/// The reader accepts each name that is written.
pub(super) fn names<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let facts = demand.facts;
    let Some(wanted) = demand.reader.child(demand.key) else {
        return Verdict::Compatible;
    };
    let known = each_written(prover, facts, facts.named(), |prover, name, _| {
        accepted(prover, wanted, &Value::from(name), &[])
    });
    let has_patterns = has_patterns(facts);
    if !has_patterns && !writes_undeclared(prover, facts) {
        return known;
    }
    let case = Case::of(facts.children(demand.key).chain(Types::STRING.split()));
    let mut open = prover.part(&case, wanted);
    if has_patterns {
        open = prover.of_stronger(open, demand.key);
    }
    known.max(open)
}

/// If a property is written, the properties that it requires are required by the writer too.
pub(super) fn dependent_required<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let facts = demand.facts;
    let lists = demand.reader.map(demand.key);
    let mut lists = lists.filter(|(_, list)| list.value.is_array());
    Verdict::of(lists.all(|(name, list)| {
        let known = ["dependentRequired", "dependencies"].map(|key| facts.children(key));
        let known = known
            .into_iter()
            .flatten()
            .flat_map(|known| known.names(name));
        let known: Vec<_> = known.collect();
        let is_met = |one: &str| facts.requires(one) || known.contains(&one) || one == name;
        let mut wanted = list.value.as_array().into_iter().flatten();
        wanted.all(|one| one.as_str().is_none_or(is_met)) || written(prover, facts, name).is_none()
    }))
}

/// If a property is written, the reader's schema for this case accepts what the writer's schema for it
/// accepts, or else everything that is written.
pub(super) fn dependent_schemas<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let is_schema = |node: &Node<'a>| !node.value.is_array();
    let facts = demand.facts;
    let schemas = demand.reader.map(demand.key);
    let schemas = schemas.filter(|(_, node)| is_schema(node));
    let follows = |prover: &mut Prover<'a>, name: &str, wanted| {
        let known = facts.parts.iter().find_map(|part| {
            let own = ["dependentSchemas", "dependencies"].map(|key| part.child(key)?.child(name));
            own.into_iter().flatten().find(is_schema)
        });
        match known {
            Some(known) => prover.included(&demand.writer.with(known), wanted),
            None => prover.included(demand.writer, wanted),
        }
    };
    Verdict::worst(schemas.map(|(name, wanted)| {
        each_written(prover, facts, [name], |prover, name, _| {
            follows(prover, name, wanted)
        })
    }))
}

/// The reader accepts the properties that none of its own schemas mentions.
pub(super) fn unevaluated<'a>(prover: &mut Prover<'a>, demand: &Demand<'_, 'a>) -> Verdict {
    let facts = demand.facts;
    let wanted = demand.reader.child(demand.key);
    let Some(wanted) = wanted.filter(|wanted| !wanted.accepts_all()) else {
        return Verdict::Compatible;
    };
    let own = Case::of([demand.reader]).facts();
    let is_composed =
        own.parts.iter().any(has_union) || own.has_any(&["if", "dependentSchemas", PATTERNS]);
    if is_composed || own.vague.is_some() || facts.has(PATTERNS) {
        return prover.unknown(demand.key);
    }
    if own.has(REST) {
        return Verdict::Compatible;
    }
    let named = facts.named();
    let own = own.declared();
    let others = named.difference(&own).copied();
    let known = each_written(prover, facts, others, |prover, _, property| {
        prover.part(&property, wanted)
    });
    if !writes_undeclared(prover, facts) {
        return known;
    }
    known.max(prover.part(&undeclared(facts), wanted))
}

/// Everything known about a property that no schema mentions.
fn undeclared<'a>(facts: &Facts<'a>) -> Case<'a> {
    let rest = |part: &Node<'a>| [part.child(REST), unevaluated_rest(*part)];
    let is_unknown =
        |part: &Node<'a>| describes(*part, UNEVALUATED) && unevaluated_rest(*part).is_none();
    let is_partial = facts.parts.iter().any(is_unknown) || describes_more(facts);
    Case::of(facts.parts.iter().flat_map(rest).flatten()).partial(is_partial)
}

/// What one schema asks of unevaluated properties, if it is known which they are: all except those
/// declared by the schema itself or through `$ref` and `allOf`.
fn unevaluated_rest(part: Node<'_>) -> Option<Node<'_>> {
    let rest = part.child(UNEVALUATED)?;
    let own = Case::of([part]).facts();
    let declares_only = |one: &Node<'_>| {
        let is_nested = one.id() != part.id() && one.get(UNEVALUATED).is_some();
        let has_rest = one.get(REST).is_some();
        let has_patterns = one.map(PATTERNS).next().is_some();
        !is_nested && !has_rest && !has_patterns && !has_union(one)
    };
    (!declares_elsewhere(&own) && own.parts.iter().all(declares_only)).then_some(rest)
}

fn has_patterns(facts: &Facts<'_>) -> bool {
    facts.entries(PATTERNS).next().is_some()
}

fn has_union(part: &Node<'_>) -> bool {
    ["anyOf", "oneOf"].iter().any(|key| part.count(key) > 1)
}

/// Whether properties may be declared in schemas that hold for some values only, or in unknown ones.
fn declares_elsewhere(facts: &Facts<'_>) -> bool {
    let conditions = ["if", "dependentSchemas", "dependencies"];
    facts.is_partial || facts.vague.is_some() || facts.has_any(&conditions)
}
