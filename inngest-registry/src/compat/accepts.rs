//! Whether a schema accepts a given value, such as one of an `enum`.

use serde_json::Value;

use super::node::{Node, assertions};
use super::number::{Bound, Decimal, bounds_of_format};
use super::prover::{Prover, Sense};
use super::types::Types;
use super::values::equal;
use super::verdict::Verdict;

/// The most schemas that are followed into one another for a value.
const MAX_DEPTH: usize = 64;
/// The small steps of checking a value against a schema. Comparing two texts is one.
const COST: usize = 32;

/// How a value is checked.
#[derive(Clone, Copy)]
struct Check<'x> {
    depth: usize,
    /// Whether a value that may be refused counts as refused. Under `not` that would count as
    /// accepted, so there the refusal must be certain.
    is_strict: bool,
    /// The formats that the writer declares for the value.
    formats: &'x [&'x Value],
}

impl Check<'_> {
    /// The same for a part of the value, whose formats are unknown.
    fn part(self) -> Self {
        let formats = &[];
        Self { formats, ..self }
    }

    fn certain(self) -> Self {
        let is_strict = false;
        Self { is_strict, ..self }
    }
}

/// Whether a reader accepts a value with these formats.
pub(super) fn accepted<'a>(
    prover: &mut Prover<'a>,
    reader: Node<'a>,
    value: &Value,
    formats: &[&Value],
) -> Verdict {
    let check = Check {
        depth: 0,
        is_strict: true,
        formats,
    };
    match accepts(prover, reader, value, check) {
        Some(accepts) => Verdict::of(accepts),
        None => prover.unknown("a value of an enumeration"),
    }
}

/// Whether it is certain that a schema accepts a value, or refuses it, as expected.
pub(super) fn surely<'a>(
    prover: &mut Prover<'a>,
    node: Node<'a>,
    value: &Value,
    expected: bool,
) -> bool {
    let check = Check {
        depth: 0,
        is_strict: expected,
        formats: &[],
    };
    accepts(prover, node, value, check) == Some(expected)
}

/// Whether the schema accepts the value; `None` if unknown.
fn accepts<'a>(
    prover: &mut Prover<'a>,
    node: Node<'a>,
    value: &Value,
    check: Check<'_>,
) -> Option<bool> {
    prover.take_small_steps(1);
    // An enum with documented values has one schema for each value, so this is the common case.
    if let (Some(Value::String(own)), Value::String(text)) = (node.get("const"), value)
        && own != text
    {
        return Some(false);
    }
    prover.take_small_steps(COST);
    let map = match node.value {
        Value::Bool(accepts) => return Some(*accepts),
        Value::Object(map) if check.depth < MAX_DEPTH && prover.has_small_steps() => map,
        _ => return None,
    };
    let check = Check {
        depth: check.depth + 1,
        ..check
    };
    all(assertions(map).map(|key| meets(prover, node, key, value, check)))
}

/// Whether the value meets one keyword; `None` if unknown.
fn meets<'a>(
    prover: &mut Prover<'a>,
    node: Node<'a>,
    key: &str,
    value: &Value,
    check: Check<'_>,
) -> Option<bool> {
    match (key, value) {
        ("type", _) => Some(Types::of_value(value).within(Types::declared(node)?)),
        ("const", _) => Some(node.get(key).is_some_and(|own| equal(own, value))),
        ("enum", _) => Some(prover.listed(node)?.contains(value)),
        ("$ref", _) => accepts(prover, node.target()?, value, check),
        ("allOf", _) => all(node.list(key).map(|n| accepts(prover, n, value, check))),
        ("anyOf", _) => {
            let branches = prover.branches(node, "anyOf").accepting(value).into_iter();
            all(branches.map(|n| Some(!accepts(prover, n, value, check)?))).map(|none| !none)
        }
        ("oneOf", _) => meets_one(prover, node, value, check),
        ("not", _) => Some(!accepts(prover, node.child(key)?, value, check.certain())?),
        ("if", _) => {
            let met = accepts(prover, node.child(key)?, value, check.certain())?;
            match node.child(if met { "then" } else { "else" }) {
                Some(branch) => accepts(prover, branch, value, check),
                None => Some(true),
            }
        }
        ("format", _) => meets_format(prover, node, value, check),
        ("$dynamicRef" | "$recursiveRef", _) => None,
        ("then" | "else", _) => Some(true),
        (_, Value::Number(_)) if Decimal::of(value).is_none() => None,
        ("minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum", Value::Number(_)) => {
            Decimal::of(value)?.is_within(Bound::of(node, key)?)
        }
        ("multipleOf", Value::Number(_)) => {
            Decimal::of(value)?.is_multiple_of(Decimal::of(node.get(key)?)?)
        }
        ("minLength", Value::String(text)) => Some(length(text) >= node.counted(key)?),
        ("maxLength", Value::String(text)) => Some(length(text) <= node.counted(key)?),
        ("pattern", Value::String(text)) => prover.matches(node.get(key)?.as_str()?, text),
        ("minItems", Value::Array(items)) => Some(items.len() as u64 >= node.counted(key)?),
        ("maxItems", Value::Array(items)) => Some(items.len() as u64 <= node.counted(key)?),
        ("prefixItems" | "items" | "additionalItems", Value::Array(items)) => {
            let (tuple, rest) = node.items();
            let wanted = tuple.into_iter().map(Some).chain(std::iter::repeat(rest));
            all(items.iter().zip(wanted).map(|(value, item)| match item {
                Some(item) => accepts(prover, item, value, check.part()),
                None => Some(true),
            }))
        }
        ("required", Value::Object(members)) => {
            Some(node.names(key).all(|name| members.contains_key(name)))
        }
        ("properties", Value::Object(members)) => {
            let present = node
                .map(key)
                .filter_map(|(name, n)| Some((n, members.get(name)?)));
            let check = check.part();
            all(present.map(|(n, value)| accepts(prover, n, value, check)))
        }
        // Without patterns, which decide which properties these are.
        ("additionalProperties", Value::Object(members))
            if node.get("patternProperties").is_none() =>
        {
            let rest = node.child(key)?;
            let others = members
                .iter()
                .filter(|(name, _)| node.property(name).is_none());
            all(others.map(|(_, value)| accepts(prover, rest, value, check.part())))
        }
        (
            "uniqueItems" | "contains" | "minContains" | "maxContains" | "unevaluatedItems",
            Value::Array(_),
        )
        | (
            "minProperties"
            | "maxProperties"
            | "propertyNames"
            | "dependentRequired"
            | "dependentSchemas"
            | "dependencies"
            | "patternProperties"
            | "additionalProperties"
            | "unevaluatedProperties",
            Value::Object(_),
        ) => None,
        _ => Some(true),
    }
}

fn length(text: &str) -> u64 {
    text.chars().count() as u64
}

fn meets_one<'a>(
    prover: &mut Prover<'a>,
    node: Node<'a>,
    value: &Value,
    check: Check<'_>,
) -> Option<bool> {
    let (mut accepting, mut doubtful) = (0, 0);
    for branch in prover.branches(node, "oneOf").accepting(value) {
        match accepts(prover, branch, value, check.certain()) {
            Some(accepts) => accepting += usize::from(accepts),
            None if !check.is_strict || accepts(prover, branch, value, check)? => return None,
            None => doubtful += 1,
        }
    }
    match (accepting, doubtful) {
        (1, 0) => Some(true),
        // The other branches must certainly refuse it.
        (1, _) => None,
        _ => Some(false),
    }
}

/// A program refuses text that does not have the expected format. Only the writer's schema tells that
/// a text has it.
fn meets_format(
    prover: &Prover<'_>,
    node: Node<'_>,
    value: &Value,
    check: Check<'_>,
) -> Option<bool> {
    let format = node.get("format").filter(|format| format.is_string());
    let fits = match (format.map(|f| (f, bounds_of_format(f))), value) {
        (Some((_, Some(bounds))), Value::Number(_)) => Decimal::of(value)
            .is_some_and(|number| bounds.iter().all(|b| number.is_within(*b) == Some(true))),
        (Some((format, _)), Value::String(_)) => check.formats.contains(&format),
        _ => true,
    };
    match prover.sense {
        Sense::Strict => Some(true),
        _ if fits => Some(true),
        Sense::Written if check.is_strict => Some(false),
        _ => None,
    }
}

/// Whether all hold. One `false` decides, even if others are unknown.
fn all(each: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut is_known = true;
    for one in each {
        match one {
            Some(false) => return Some(false),
            Some(true) => {}
            None => is_known = false,
        }
    }
    is_known.then_some(true)
}
