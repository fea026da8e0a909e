//! The types of JSON values.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::node::Node;
use super::number::Decimal;

/// A set of JSON types. Integers and fractions are two types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Types(u8);

/// The types that are judged one by one, with their names.
const SPLIT: [(Types, &str); 6] = [
    (Types::NULL, "null"),
    (Types::BOOLEAN, "boolean"),
    (Types::NUMBER, "number"),
    (Types::STRING, "string"),
    (Types::ARRAY, "array"),
    (Types::OBJECT, "object"),
];

impl Types {
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOLEAN: Self = Self(2);
    pub(super) const INTEGER: Self = Self(4);
    pub(super) const FRACTION: Self = Self(8);
    pub(super) const NUMBER: Self = Self(12);
    pub(super) const STRING: Self = Self(16);
    pub(super) const ARRAY: Self = Self(32);
    pub(super) const OBJECT: Self = Self(64);
    pub(super) const ALL: Self = Self(127);

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn within(self, other: Self) -> bool {
        self.without(other).is_empty()
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "integer" => Some(Self::INTEGER),
            _ => SPLIT
                .iter()
                .find(|(_, known)| *known == name)
                .map(|(types, _)| *types),
        }
    }

    /// The types in the keyword `type`; all types if it is absent or has an unknown one.
    pub(super) fn of(node: Node<'_>) -> Self {
        Self::declared(node).unwrap_or(Self::ALL)
    }

    /// The types in the keyword `type`; `None` if one of them is unknown.
    pub(super) fn declared(node: Node<'_>) -> Option<Self> {
        match node.get("type") {
            None => Some(Self::ALL),
            Some(Value::String(name)) => Self::named(name),
            Some(Value::Array(names)) if !names.is_empty() => {
                names.iter().try_fold(Self(0), |types, name| {
                    Some(Self(types.0 | Self::named(name.as_str()?)?.0))
                })
            }
            Some(_) => None,
        }
    }

    pub(super) fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(number) => {
                // `1e-40` has too many digits for a `Decimal`, but clearly has a fraction.
                let whole = || number.as_f64().is_none_or(|number| number.fract() == 0.0);
                if Decimal::of(value).map_or_else(whole, Decimal::is_integer) {
                    Self::INTEGER
                } else {
                    Self::FRACTION
                }
            }
            Value::String(_) => Self::STRING,
            Value::Array(_) => Self::ARRAY,
            Value::Object(_) => Self::OBJECT,
        }
    }

    /// A schema for each single type of the set.
    pub(super) fn split<'a>(self) -> impl Iterator<Item = Node<'a>> {
        static SCHEMAS: LazyLock<[(Types, Value); 6]> =
            LazyLock::new(|| SPLIT.map(|(types, name)| (types, json!({ "type": name }))));
        let schemas = SCHEMAS
            .iter()
            .filter(move |(types, _)| !self.and(*types).is_empty());
        schemas.map(|(_, schema)| Node::root(schema))
    }
}
