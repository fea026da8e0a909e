//! Whether a schema accepts a single value, such as one of an `enum`.

use serde_json::Value;

use super::Verdict;
use super::demands::in_bounds;
use super::node::{Node, Types, assertions, count};
use super::number::Decimal;
use super::prove::Prover;

/// Schemas are followed this deep for a value.
const MAX_DEPTH: usize = 64;
/// Schemas are looked at for a value this often in one comparison.
const MAX_LOOKS: usize = 200_000;

impl<'a> Prover<'a> {
    pub(super) fn accepted(&mut self, reader: Node<'a>, value: &Value) -> Verdict {
        match self.accepts(reader, value) {
            Some(true) => Verdict::Compatible,
            Some(false) => Verdict::Breaking,
            None => self.unknown("a value of an enumeration"),
        }
    }

    /// `None` when it cannot be told. Formats are annotations here.
    pub(super) fn accepts(&mut self, node: Node<'a>, value: &Value) -> Option<bool> {
        self.accepts_at(node, value, 0)
    }

    fn accepts_at(&mut self, node: Node<'a>, value: &Value, depth: usize) -> Option<bool> {
        self.looks += 1;
        let map = match node.value {
            Value::Bool(accepts) => return Some(*accepts),
            Value::Object(map) if depth < MAX_DEPTH && self.looks < MAX_LOOKS => map,
            _ => return None,
        };
        all(assertions(map).map(|key| self.meets(node, key, value, depth + 1)))
    }

    fn meets(&mut self, node: Node<'a>, key: &str, value: &Value, depth: usize) -> Option<bool> {
        match key {
            "type" => Some(Types::of_value(value).within(Types::of(node))),
            "const" => Some(node.get(key).is_some_and(|own| equal(own, value))),
            "enum" => {
                let mut list = node.get(key)?.as_array()?.iter();
                Some(list.any(|own| equal(own, value)))
            }
            "$ref" => self.accepts_at(node.target()?, value, depth),
            "allOf" => all(node.list(key).map(|n| self.accepts_at(n, value, depth))),
            "anyOf" => {
                let not = |accepts: Option<bool>| accepts.map(|accepts| !accepts);
                not(all(node
                    .list(key)
                    .map(|n| not(self.accepts_at(n, value, depth)))))
            }
            "oneOf" => {
                let each: Option<Vec<bool>> = node
                    .list(key)
                    .map(|n| self.accepts_at(n, value, depth))
                    .collect();
                Some(each?.into_iter().filter(|accepts| *accepts).count() == 1)
            }
            "not" => Some(!self.accepts_at(node.child(key)?, value, depth)?),
            "if" => {
                let met = self.accepts_at(node.child(key)?, value, depth)?;
                let branch = if met { "then" } else { "else" };
                match node.child(branch) {
                    Some(branch) => self.accepts_at(branch, value, depth),
                    None => Some(true),
                }
            }
            "then" | "else" | "format" => Some(true),
            "$dynamicRef" | "$recursiveRef" => None,
            _ => match value {
                Value::Number(_) => meets_number(node, key, value),
                Value::String(text) => self.meets_string(node, key, text),
                Value::Array(items) => self.meets_array(node, key, items, depth),
                Value::Object(_) => match key {
                    "required" => Some(node.names(key).all(|name| value.get(name).is_some())),
                    "minProperties"
                    | "maxProperties"
                    | "propertyNames"
                    | "dependentRequired"
                    | "dependentSchemas"
                    | "dependencies"
                    | "patternProperties"
                    | "unevaluatedProperties" => None,
                    "properties" => all(node.map(key).map(|(name, n)| match value.get(name) {
                        Some(value) => self.accepts_at(n, value, depth),
                        None => Some(true),
                    })),
                    // Which these are is for the patterns to say.
                    "additionalProperties" if node.get("patternProperties").is_some() => None,
                    "additionalProperties" => {
                        let rest = node.child(key)?;
                        let declared = |name: &str| node.map("properties").any(|(o, _)| o == name);
                        all(value
                            .as_object()?
                            .iter()
                            .filter(|(name, _)| !declared(name))
                            .map(|(_, value)| self.accepts_at(rest, value, depth)))
                    }
                    _ => Some(true),
                },
                Value::Null | Value::Bool(_) => Some(true),
            },
        }
    }

    fn meets_string(&mut self, node: Node<'a>, key: &str, text: &str) -> Option<bool> {
        let length = text.chars().count() as u64;
        match key {
            "minLength" => Some(length >= count(node, key)?),
            "maxLength" => Some(length <= count(node, key)?),
            "pattern" => self.matches(node.get(key)?.as_str()?, text),
            _ => Some(true),
        }
    }

    fn meets_array(
        &mut self,
        node: Node<'a>,
        key: &str,
        items: &[Value],
        depth: usize,
    ) -> Option<bool> {
        let length = items.len() as u64;
        match key {
            "minItems" => Some(length >= count(node, key)?),
            "maxItems" => Some(length <= count(node, key)?),
            "prefixItems" | "items" | "additionalItems" => {
                let (tuple, rest) = node.items();
                all(items.iter().enumerate().map(|(index, value)| {
                    match tuple.get(index).copied().or(rest) {
                        Some(item) => self.accepts_at(item, value, depth),
                        None => Some(true),
                    }
                }))
            }
            "uniqueItems" | "contains" | "minContains" | "maxContains" | "unevaluatedItems" => None,
            _ => Some(true),
        }
    }
}

fn meets_number(node: Node<'_>, key: &str, value: &Value) -> Option<bool> {
    let number = Decimal::of(value)?;
    match key {
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
            Decimal::of(node.get(key)?)?;
            Some(in_bounds(node, number))
        }
        "multipleOf" => Some(number.is_multiple_of(Decimal::of(node.get(key)?)?)),
        _ => Some(true),
    }
}

/// Whether all hold; one that does not is enough, even where others cannot be told.
fn all(each: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut told = true;
    for one in each {
        match one {
            Some(false) => return Some(false),
            Some(true) => {}
            None => told = false,
        }
    }
    told.then_some(true)
}

/// Equality of JSON, in which `1` and `1.0` are one number.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => match (Decimal::of(a), Decimal::of(b)) {
            (Some(a), Some(b)) => a.compare(b) == Some(std::cmp::Ordering::Equal),
            _ => a == b,
        },
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}
