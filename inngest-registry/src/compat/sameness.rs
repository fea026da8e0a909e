//! Whether two schemas are the same, keyword by keyword, whatever the keywords mean.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::node::{Node, assertions};

/// The most schemas that are followed into one another. Deeper ones count as different.
const MAX_DEPTH: usize = 100;

type Pair = (usize, usize);

/// What is known about pairs of schemas.
#[derive(Default)]
pub(super) struct Sameness {
    known: HashMap<Pair, bool>,
    /// Pairs that are the same if the pair under comparison is.
    assumed: HashSet<Pair>,
}

impl Sameness {
    /// Whether two schemas are the same. Annotations do not count, and only the targets of references
    /// do.
    pub(super) fn holds(&mut self, a: Node<'_>, b: Node<'_>) -> bool {
        let same = self.compare(a, b, 0);
        let assumed = std::mem::take(&mut self.assumed);
        if same {
            self.known
                .extend(assumed.into_iter().map(|pair| (pair, true)));
        }
        same
    }

    fn compare(&mut self, a: Node<'_>, b: Node<'_>, depth: usize) -> bool {
        let (Value::Object(left), Value::Object(right)) = (a.value, b.value) else {
            return a.value == b.value;
        };
        let pair = (a.id(), b.id());
        if let Some(known) = self.known.get(&pair) {
            return *known;
        }
        if depth > MAX_DEPTH {
            return false;
        }
        if !self.assumed.insert(pair) {
            return true;
        }
        let same = assertions(left).eq(assertions(right))
            && assertions(left).all(|key| self.is_keyword_same(a, b, key, depth + 1));
        if !same {
            self.known.insert(pair, false);
        }
        same
    }

    fn is_keyword_same(&mut self, a: Node<'_>, b: Node<'_>, key: &str, depth: usize) -> bool {
        let lists = |key| {
            a.get(key).is_some_and(Value::is_array) && b.get(key).is_some_and(Value::is_array)
        };
        match key {
            "$ref" => match (a.target(), b.target()) {
                (Some(a), Some(b)) => self.compare(a, b, depth),
                (None, None) => a.refers_out_like(b, key),
                _ => false,
            },
            "$dynamicRef" | "$recursiveRef" => {
                match (a.dynamic_target(key), b.dynamic_target(key)) {
                    (Some(a), Some(b)) => self.compare(a, b, depth),
                    (None, None) => a.refers_out_like(b, key),
                    _ => false,
                }
            }
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                lists(key)
                    && a.count(key) == b.count(key)
                    && (a.list(key).zip(b.list(key))).all(|(a, b)| self.compare(a, b, depth))
            }
            // Before 2020-12, `items` held a tuple.
            "items" if lists(key) => {
                a.count(key) == b.count(key)
                    && (a.list(key).zip(b.list(key))).all(|(a, b)| self.compare(a, b, depth))
            }
            // A list of names in `dependencies` is compared as it is.
            "properties" | "patternProperties" | "dependentSchemas" | "dependencies" => {
                let (Some(a), Some(b)) = (a.child(key), b.child(key)) else {
                    return false;
                };
                let (Some(left), Some(right)) = (a.value.as_object(), b.value.as_object()) else {
                    return a.value == b.value;
                };
                left.len() == right.len()
                    && left.iter().all(|(name, left)| {
                        let right = right.get(name);
                        right.is_some_and(|right| self.compare(a.at(left), b.at(right), depth))
                    })
            }
            "additionalProperties"
            | "propertyNames"
            | "unevaluatedProperties"
            | "items"
            | "additionalItems"
            | "contains"
            | "unevaluatedItems"
            | "not"
            | "if"
            | "then"
            | "else" => match (a.child(key), b.child(key)) {
                (Some(a), Some(b)) => self.compare(a, b, depth),
                _ => false,
            },
            "required" | "type" if lists(key) => {
                let names = |node: Node<'_>| {
                    let list = node.get(key).and_then(Value::as_array);
                    let texts = list.into_iter().flatten().map(ToString::to_string);
                    texts.collect::<BTreeSet<_>>()
                };
                a.get(key) == b.get(key) || names(a) == names(b)
            }
            _ => a.get(key) == b.get(key),
        }
    }
}
