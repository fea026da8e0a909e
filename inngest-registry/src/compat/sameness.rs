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
        // Drafts differ in what keywords beside a reference mean.
        let is_same_draft = a.is_only_reference() == b.is_only_reference();
        let same = (is_same_draft || assertions(left).nth(1).is_none())
            && assertions(left).eq(assertions(right))
            && assertions(left).all(|key| self.is_keyword_same(a, b, key, depth + 1));
        if !same {
            self.known.insert(pair, false);
        }
        same
    }

    /// Compares a keyword that both schemas have.
    fn is_keyword_same(&mut self, a: Node<'_>, b: Node<'_>, key: &str, depth: usize) -> bool {
        let (Some(left), Some(right)) = (a.child(key), b.child(key)) else {
            return false;
        };
        match (key, left.value, right.value) {
            ("$ref" | "$dynamicRef" | "$recursiveRef", ..) => match a.targets(b, key) {
                Ok((a, b)) => self.compare(a, b, depth),
                Err(is_same) => is_same,
            },
            ("required" | "type", Value::Array(left), Value::Array(right)) => {
                let names = |list: &[Value]| list.iter().map(Value::to_string).collect();
                let (own, other): (BTreeSet<_>, BTreeSet<_>) = (names(left), names(right));
                left == right || own == other
            }
            ("const" | "enum" | "dependentRequired", left, right) => left == right,
            (_, Value::Array(own), Value::Array(other)) => {
                own.len() == other.len()
                    && (a.list(key).zip(b.list(key))).all(|(a, b)| self.compare(a, b, depth))
            }
            (
                "properties" | "patternProperties" | "dependentSchemas" | "dependencies",
                Value::Object(own),
                Value::Object(other),
            ) => {
                own.len() == other.len()
                    && a.map(key).all(|(name, own)| {
                        let other = right.child(name);
                        other.is_some_and(|other| self.compare(own, other, depth))
                    })
            }
            _ => self.compare(left, right, depth),
        }
    }
}
