//! Generates scalars that a schema allows.

use serde_json::Value;

use super::keyword::{Object, examples};
use super::number::numbers;
use super::text::text;

pub(super) fn is_scalar(kind: &str) -> bool {
    matches!(kind, "string" | "integer" | "number" | "boolean")
}

/// The scalars to try. `None` if the schemas do not describe a scalar.
pub(super) fn scalars(maps: &[&Object]) -> Option<Vec<Result<Value, String>>> {
    let schema = maps.last()?;
    if let Some(value) = schema.get("const") {
        return Some(vec![Ok(value.clone())]);
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(values.iter().cloned().map(Ok).collect());
    }
    let kind = match schema.get("type")? {
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| is_scalar(kind))?,
        kind => kind.as_str()?,
    };
    let number = |is_integer| {
        let numbers = numbers(maps, is_integer);
        let examples = if numbers.is_empty() {
            examples(schema)
        } else {
            &[]
        };
        numbers
            .into_iter()
            .chain(examples.iter().cloned())
            .map(Ok)
            .collect()
    };
    Some(match kind {
        "boolean" => vec![Ok(true.into()), Ok(false.into())],
        "integer" => number(true),
        "number" => number(false),
        "string" => {
            let generated = text(maps).map(Value::from);
            let example = || examples(schema).iter().find(|example| example.is_string());
            vec![generated.or_else(|reason| example().cloned().ok_or(reason))]
        }
        _ => return None,
    })
}
