//! Whether a schema accepts a given value, such as one of an `enum`.

use serde_json::Value;

use super::case::count;
use super::node::{Node, assertions};
use super::number::{Bound, Decimal, range_of_format};
use super::prover::{Prover, Sense};
use super::types::Types;
use super::values::equal;
use super::verdict::Verdict;

/// The most schemas that are followed into one another for a value.
const MAX_DEPTH: usize = 64;
/// The cost of checking a value against a schema, relative to comparing two texts.
const LOOK: usize = 32;

/// How a value is checked.
#[derive(Clone, Copy)]
struct Look<'x> {
    depth: usize,
    /// Whether a value that may be refused counts as refused. Under `not` that would count as
    /// accepted, so there the refusal must be certain.
    harsh: bool,
    /// The formats that the writer declares for the value.
    formats: &'x [&'x str],
}

impl Look<'_> {
    const HARSH: Self = Self {
        depth: 0,
        harsh: true,
        formats: &[],
    };

    /// The same for a part of the value, whose formats are unknown.
    fn part(self) -> Self {
        Self {
            formats: &[],
            ..self
        }
    }

    fn certain(self) -> Self {
        Self {
            harsh: false,
            ..self
        }
    }
}

impl<'a> Prover<'a> {
    pub(super) fn accepted(&mut self, reader: Node<'a>, value: &Value) -> Verdict {
        self.accepted_with(reader, value, &[])
    }

    /// The same for a value with these formats.
    pub(super) fn accepted_with(
        &mut self,
        reader: Node<'a>,
        value: &Value,
        formats: &[&str],
    ) -> Verdict {
        let look = Look {
            formats,
            ..Look::HARSH
        };
        match self.accepts_at(reader, value, look) {
            Some(true) => Verdict::Compatible,
            Some(false) => Verdict::Breaking,
            None => self.unknown("a value of an enumeration"),
        }
    }

    /// Whether it is certain that a schema accepts a value.
    pub(super) fn surely_accepts(&mut self, node: Node<'a>, value: &Value) -> bool {
        self.accepts_at(node, value, Look::HARSH) == Some(true)
    }

    /// Whether it is certain that a schema refuses a value.
    pub(super) fn surely_refuses(&mut self, node: Node<'a>, value: &Value) -> bool {
        self.accepts_at(node, value, Look::HARSH.certain()) == Some(false)
    }

    /// Whether the schema accepts the value; `None` if unknown.
    fn accepts_at(&mut self, node: Node<'a>, value: &Value, look: Look<'_>) -> Option<bool> {
        self.look(1);
        // An enum with documented values has one schema for each value, so this is the common case.
        if let (Some(Value::String(own)), Value::String(text)) = (node.get("const"), value)
            && own != text
        {
            return Some(false);
        }
        self.look(LOOK);
        let map = match node.value {
            Value::Bool(accepts) => return Some(*accepts),
            Value::Object(map) if look.depth < MAX_DEPTH && self.may_look() => map,
            _ => return None,
        };
        let look = Look {
            depth: look.depth + 1,
            ..look
        };
        all(assertions(map).map(|key| self.meets(node, key, value, look)))
    }

    fn meets(&mut self, node: Node<'a>, key: &str, value: &Value, look: Look<'_>) -> Option<bool> {
        match key {
            "type" => Some(Types::of_value(value).within(Types::told(node)?)),
            "const" => Some(node.get(key).is_some_and(|own| equal(own, value))),
            "enum" => Some(self.listed(node)?.contains(value)),
            "$ref" => self.accepts_at(node.target()?, value, look),
            "allOf" => all(node.list(key).map(|n| self.accepts_at(n, value, look))),
            "anyOf" => {
                let not = |accepts: Option<bool>| accepts.map(|accepts| !accepts);
                let near = self.near_value(node, "anyOf", value).into_iter();
                not(all(near.map(|n| not(self.accepts_at(n, value, look)))))
            }
            "oneOf" => self.meets_one(node, value, look),
            "not" => Some(!self.accepts_at(node.child(key)?, value, look.certain())?),
            "if" => {
                let met = self.accepts_at(node.child(key)?, value, look.certain())?;
                let branch = if met { "then" } else { "else" };
                match node.child(branch) {
                    Some(branch) => self.accepts_at(branch, value, look),
                    None => Some(true),
                }
            }
            "then" | "else" => Some(true),
            "format" => self.meets_format(node, value, look),
            "$dynamicRef" | "$recursiveRef" => None,
            _ => match value {
                Value::Number(_) => meets_number(node, key, value),
                Value::String(text) => self.meets_string(node, key, text),
                Value::Array(items) => self.meets_array(node, key, items, look),
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
                        Some(value) => self.accepts_at(n, value, look.part()),
                        None => Some(true),
                    })),
                    // The patterns decide which properties these are.
                    "additionalProperties" if node.get("patternProperties").is_some() => None,
                    "additionalProperties" => {
                        let rest = node.child(key)?;
                        let declared = |name: &str| node.property(name).is_some();
                        all(value
                            .as_object()?
                            .iter()
                            .filter(|(name, _)| !declared(name))
                            .map(|(_, value)| self.accepts_at(rest, value, look.part())))
                    }
                    _ => Some(true),
                },
                Value::Null | Value::Bool(_) => Some(true),
            },
        }
    }

    /// The branches of a union that may accept a value.
    fn near_value(&mut self, union: Node<'a>, key: &'static str, value: &Value) -> Vec<Node<'a>> {
        let branches = self.branches(union, key);
        let near = branches.for_value(value).into_iter();
        near.filter_map(|index| branches.nodes.get(index).copied())
            .collect()
    }

    fn meets_one(&mut self, node: Node<'a>, value: &Value, look: Look<'_>) -> Option<bool> {
        let (mut accepting, mut doubtful) = (0, 0);
        for branch in self.near_value(node, "oneOf", value) {
            match self.accepts_at(branch, value, look.certain()) {
                Some(accepts) => accepting += usize::from(accepts),
                None if look.harsh && self.accepts_at(branch, value, look)? => return None,
                None if look.harsh => doubtful += 1,
                None => return None,
            }
        }
        match (accepting, doubtful) {
            (1, 0) => Some(true),
            // The other branches must certainly refuse it.
            (1, _) => None,
            _ => Some(false),
        }
    }

    /// A program refuses text that does not have the expected format. Only the writer's schema tells
    /// that a text has it.
    fn meets_format(&self, node: Node<'a>, value: &Value, look: Look<'_>) -> Option<bool> {
        let Some(format) = node.get("format").and_then(Value::as_str) else {
            return Some(true);
        };
        let fits = match (range_of_format(format), value) {
            (Some((low, high)), Value::Number(_)) => Decimal::of(value).is_some_and(|number| {
                let within = |end, lower| {
                    let value = Decimal::integer(end);
                    let exclusive = false;
                    number.is_within(Bound { value, exclusive }, lower) == Some(true)
                };
                within(low, true) && within(high, false)
            }),
            (None, Value::String(_)) => look.formats.contains(&format),
            _ => true,
        };
        match self.sense {
            Sense::Strict => Some(true),
            _ if fits => Some(true),
            Sense::Written if look.harsh => Some(false),
            _ => None,
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
        look: Look<'_>,
    ) -> Option<bool> {
        let length = items.len() as u64;
        match key {
            "minItems" => Some(length >= count(node, key)?),
            "maxItems" => Some(length <= count(node, key)?),
            "prefixItems" | "items" | "additionalItems" => {
                let (tuple, rest) = node.items();
                all(items.iter().enumerate().map(|(index, value)| {
                    match tuple.get(index).copied().or(rest) {
                        Some(item) => self.accepts_at(item, value, look.part()),
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
            let value = Decimal::of(node.get(key)?)?;
            let end = Bound {
                value,
                exclusive: key.starts_with("exclusive"),
            };
            number.is_within(end, key.ends_with("inimum"))
        }
        "multipleOf" => number.is_told_multiple_of(Decimal::of(node.get(key)?)?),
        _ => Some(true),
    }
}

/// Whether all hold. One `false` decides, even if others are unknown.
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
