//! Describes where a value breaks its schema, and never quotes the value.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

/// How many declared values a problem lists at most.
const MAX_LISTED: usize = 8;

/// One place where a value breaks its schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Violation {
    /// A JSON Pointer into the event.
    pub(super) pointer: String,
    /// What is wrong, without the subject: `is missing`.
    pub(super) problem: String,
}

/// Lists where a value breaks its schema.
pub(super) fn violations(validator: &Validator, value: &Value) -> Vec<Violation> {
    if validator.is_valid(value) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for error in validator.iter_errors(value) {
        explain(&error, &mut found);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Adds the violations of an error. If no alternative matches, adds the violations of the alternative that
/// the value was meant for, if that is clear.
fn explain(error: &ValidationError<'_>, found: &mut Vec<Violation>) {
    let at = error.instance_path().as_str();
    let mut add = |pointer: String, problem: String| found.push(Violation { pointer, problem });
    match error.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => match intended(context, at) {
            Intended::Branch(errors) => errors.iter().for_each(|error| explain(error, found)),
            Intended::NoneOf(pointer, values) => add(pointer, none_of(&values)),
            Intended::Unclear => {
                let n = context.len();
                add(
                    at.to_owned(),
                    format!("matches none of the {n} alternatives"),
                );
            }
        },
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            add(child(at, name), MISSING.to_owned());
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                add(child(at, name), UNEXPECTED.to_owned());
            }
        }
        kind => add(at.to_owned(), problem(kind, error.instance())),
    }
}

/// The problem of a field that the schema requires.
pub(super) const MISSING: &str = "is missing";

/// The problem of a field that the schema refuses.
pub(super) const UNEXPECTED: &str = "is not declared, and the schema allows no other fields";

/// Which of several alternatives a value was meant for.
enum Intended<'e> {
    Branch(&'e [ValidationError<'static>]),
    /// No alternative has the tag or the value: its place, and the declared values.
    NoneOf(String, Vec<&'e Value>),
    Unclear,
}

fn intended<'e>(context: &'e [Vec<ValidationError<'static>>], at: &str) -> Intended<'e> {
    let mut likely: Vec<_> = context
        .iter()
        .filter(|errors| is_likely(errors, at))
        .collect();
    likely.sort_by_key(|errors| errors.len());
    match likely.as_slice() {
        [only] => return Intended::Branch(only),
        [first, second, ..] if first.len() < second.len() => return Intended::Branch(first),
        [_, ..] => return Intended::Unclear,
        [] => {}
    }
    let mut constants = Vec::new();
    let mut place = None;
    for errors in context {
        let constant = errors.iter().find_map(|error| {
            let values = match error.kind() {
                Kind::Constant { expected_value } => vec![&**expected_value],
                Kind::Enum { options } => options.as_array()?.iter().collect(),
                _ => return None,
            };
            Some((error.instance_path().as_str(), values))
        });
        match constant {
            Some((pointer, values)) if *place.get_or_insert(pointer) == pointer => {
                constants.extend(values);
            }
            // The alternative `null` of an optional value.
            None if errors.iter().any(|error| is_type(error, at)) => {}
            _ => return Intended::Unclear,
        }
    }
    match place {
        Some(place) => Intended::NoneOf(place.to_owned(), constants),
        None => Intended::Unclear,
    }
}

/// Whether a value may have been meant for this alternative: it has the type and the tag.
fn is_likely(errors: &[ValidationError<'static>], at: &str) -> bool {
    let depth = |pointer: &str| pointer.matches('/').count();
    let is_other_tag = |error: &ValidationError<'_>| {
        matches!(error.kind(), Kind::Constant { .. } | Kind::Enum { .. })
            && depth(error.instance_path().as_str()) <= depth(at) + 1
    };
    let is_here = |error: &ValidationError<'_>| error.instance_path().as_str() == at;
    let lacks = |error: &ValidationError<'_>| {
        is_here(error) && matches!(error.kind(), Kind::Required { .. })
    };
    let has_more = |error: &ValidationError<'_>| {
        is_here(error) && matches!(error.kind(), Kind::AdditionalProperties { .. })
    };
    // The variant of an externally tagged enum is the only field of its object.
    let is_other_variant = errors.iter().any(lacks) && errors.iter().any(has_more);
    !is_other_variant
        && !errors
            .iter()
            .any(|error| is_type(error, at) || is_other_tag(error))
}

fn is_type(error: &ValidationError<'_>, at: &str) -> bool {
    matches!(error.kind(), Kind::Type { .. }) && error.instance_path().as_str() == at
}

fn child(pointer: &str, name: &str) -> String {
    let name = name.replace('~', "~0").replace('/', "~1");
    format!("{pointer}/{name}")
}

/// Describes the problem by the keyword and the schema alone.
fn problem(kind: &Kind, value: &Value) -> String {
    match kind {
        Kind::Type { kind } => format!("is {} instead of {}", type_of(value), expected(kind)),
        Kind::Constant { expected_value } => format!("is not `{}`", shown(expected_value)),
        Kind::Enum { options } => {
            none_of(&options.as_array().into_iter().flatten().collect::<Vec<_>>())
        }
        Kind::Minimum { limit } => format!("is below the minimum {limit}"),
        Kind::Maximum { limit } => format!("is above the maximum {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("is not above {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("is not below {limit}"),
        Kind::MultipleOf { multiple_of } => format!("is not a multiple of {multiple_of}"),
        Kind::MinLength { limit } => format!("has fewer characters than {limit}"),
        Kind::MaxLength { limit } => format!("has more characters than {limit}"),
        Kind::MinItems { limit } => format!("has fewer items than {limit}"),
        Kind::MaxItems { limit } => format!("has more items than {limit}"),
        Kind::AdditionalItems { .. } | Kind::UnevaluatedItems { .. } => {
            "has more items than the schema allows".to_owned()
        }
        Kind::MinProperties { limit } => format!("has fewer fields than {limit}"),
        Kind::MaxProperties { limit } => format!("has more fields than {limit}"),
        Kind::Pattern { pattern } => format!("does not match the pattern `{pattern}`"),
        Kind::Format { format } => format!("does not have the format `{format}`"),
        Kind::PropertyNames { .. } => "has a key that the schema refuses".to_owned(),
        Kind::UniqueItems => "has an item twice".to_owned(),
        Kind::Contains => "lacks an item that the schema requires".to_owned(),
        Kind::FalseSchema => "must be absent".to_owned(),
        Kind::OneOfMultipleValid { .. } => "matches more than one alternative".to_owned(),
        // The messages of other errors may quote the value.
        kind => format!("breaks the keyword `{}`", kind.keyword()),
    }
}

fn none_of(values: &[&Value]) -> String {
    let shown: Vec<_> = values
        .iter()
        .take(MAX_LISTED)
        .map(|value| format!("`{}`", shown(value)))
        .collect();
    let more = match values.len().saturating_sub(MAX_LISTED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!("is none of the declared values {}{more}", shown.join(", "))
}

/// A value from the schema, without quotes if it is a string.
fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "`null`",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn expected(kind: &TypeKind) -> String {
    let name = |name: &str| match name {
        "null" => "`null`".to_owned(),
        "array" | "object" | "integer" => format!("an {name}"),
        name => format!("a {name}"),
    };
    match kind {
        TypeKind::Single(only) => name(only.as_str()),
        TypeKind::Multiple(set) => {
            let names: Vec<_> = set.iter().map(|one| name(one.as_str())).collect();
            names.join(" or ")
        }
    }
}
