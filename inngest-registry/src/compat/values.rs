//! Equality of JSON values, and sets of them.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::Value;

use super::number::Decimal;

/// Equality of JSON, in which `1` and `1.0` are one number.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => match (Decimal::of(a), Decimal::of(b)) {
            (Some(a), Some(b)) => a.compare(b) == Some(Ordering::Equal),
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

/// A set of values. Texts and integers are hashed, because long lists consist of them.
#[derive(Default)]
pub(super) struct ValueSet<'a> {
    texts: HashSet<&'a str>,
    integers: HashSet<i128>,
    others: Vec<&'a Value>,
}

impl<'a> ValueSet<'a> {
    pub(super) fn of(values: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut set = Self::default();
        for value in values {
            match (value, integer(value)) {
                (Value::String(text), _) => {
                    set.texts.insert(text);
                }
                (_, Some(integer)) => {
                    set.integers.insert(integer);
                }
                _ => set.others.push(value),
            }
        }
        set
    }

    pub(super) fn contains(&self, value: &Value) -> bool {
        match (value, integer(value)) {
            (Value::String(text), _) => self.texts.contains(text.as_str()),
            (_, Some(integer)) => self.integers.contains(&integer),
            _ => self.others.iter().any(|other| equal(other, value)),
        }
    }
}

fn integer(value: &Value) -> Option<i128> {
    Decimal::of(value)?.as_integer()
}
