//! Schemas as the proofs read them: places in a document, and all that holds of a value.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::number::Decimal;

/// A schema at its place in a document, which its references are resolved in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a> {
    root: &'a Value,
    pub(super) value: &'a Value,
}

impl<'a> Node<'a> {
    pub(super) fn root(root: &'a Value) -> Self {
        Self { root, value: root }
    }

    /// Another schema of the same document.
    pub(super) fn at(self, value: &'a Value) -> Self {
        Self {
            root: self.root,
            value,
        }
    }

    /// What tells two places apart.
    pub(super) fn id(self) -> usize {
        std::ptr::from_ref(self.value).addr()
    }

    pub(super) fn get(self, key: &str) -> Option<&'a Value> {
        self.value.as_object()?.get(key)
    }

    pub(super) fn child(self, key: &str) -> Option<Self> {
        self.get(key).map(|value| self.at(value))
    }

    /// The schemas of a keyword that holds a list of them.
    pub(super) fn list(self, key: &str) -> impl Iterator<Item = Self> + use<'a> {
        let list = self.get(key).and_then(Value::as_array);
        list.into_iter().flatten().map(move |value| self.at(value))
    }

    /// The schemas of a keyword that holds an object of them.
    pub(super) fn map(self, key: &str) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let map = self.get(key).and_then(Value::as_object);
        map.into_iter()
            .flatten()
            .map(move |(name, value)| (name.as_str(), self.at(value)))
    }

    pub(super) fn names(self, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let list = self.get(key).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str)
    }

    /// What `$ref` refers to; `None` when it is not in the document.
    pub(super) fn target(self) -> Option<Self> {
        let reference = self.get("$ref")?.as_str()?;
        let own = self.root.get("$id").and_then(Value::as_str).unwrap_or("");
        let (document, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        if !(document.is_empty() || document == own.trim_end_matches('#')) {
            return None;
        }
        let target = self.root.pointer(&percent_decoded(pointer)?)?;
        Some(self.at(target))
    }

    /// The items of a tuple, and the schema of all further ones.
    pub(super) fn items(self) -> (Vec<Self>, Option<Self>) {
        // Before 2020-12 a list stood in `items` and the rest in `additionalItems`.
        if self.get("items").is_some_and(Value::is_array) {
            return (self.list("items").collect(), self.child("additionalItems"));
        }
        (self.list("prefixItems").collect(), self.child("items"))
    }

    /// Whether nothing is asked of a value.
    pub(super) fn accepts_all(self) -> bool {
        match self.value {
            Value::Bool(accepts) => *accepts,
            Value::Object(map) => map.keys().all(|key| is_annotation(key)),
            _ => false,
        }
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            u8::try_from(high * 16 + low).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

/// The keywords that ask something of a value, in the order in which they are checked. Others are
/// annotations, as the specification has it for keywords that are not known.
const ASSERTIONS: [&str; 43] = [
    "type",
    "const",
    "enum",
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "allOf",
    "required",
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "unevaluatedProperties",
    "prefixItems",
    "items",
    "additionalItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "unevaluatedItems",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
];

pub(super) fn is_annotation(key: &str) -> bool {
    !ASSERTIONS.contains(&key)
}

/// The assertions of a schema, in a fixed order.
pub(super) fn assertions(map: &Map<String, Value>) -> impl Iterator<Item = &'static str> {
    ASSERTIONS.into_iter().filter(|key| map.contains_key(*key))
}

/// Types of JSON; numbers are two, with and without a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Types(u8);

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
        Some(match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            "string" => Self::STRING,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            _ => return None,
        })
    }

    /// The types of the keyword `type`; all when it is absent, or cannot be told.
    pub(super) fn of(node: Node<'_>) -> Self {
        Self::told(node).unwrap_or(Self::ALL)
    }

    /// The types of the keyword `type`; `None` when one of them is none of JSON's.
    pub(super) fn told(node: Node<'_>) -> Option<Self> {
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
                // Of what has too many digits for a decimal, such as `1e-40`, this is known still.
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

    /// The schemas of the single types that are among these.
    pub(super) fn split(self) -> impl Iterator<Item = Node<'static>> {
        static SCHEMAS: LazyLock<[(Types, Value); 6]> = LazyLock::new(|| {
            [
                (Types::NULL, json!({ "type": "null" })),
                (Types::BOOLEAN, json!({ "type": "boolean" })),
                (Types::NUMBER, json!({ "type": "number" })),
                (Types::STRING, json!({ "type": "string" })),
                (Types::ARRAY, json!({ "type": "array" })),
                (Types::OBJECT, json!({ "type": "object" })),
            ]
        });
        SCHEMAS
            .iter()
            .filter(move |(types, _)| !self.and(*types).is_empty())
            .map(|(_, schema)| Node::root(schema))
    }
}

/// Values for which each of some schemas holds and none of others.
#[derive(Clone, Debug, Default)]
pub(super) struct Case<'a> {
    all: Vec<Node<'a>>,
    none: Vec<Node<'a>>,
    /// The unions of which one branch is among `all`.
    chosen: Vec<usize>,
}

impl<'a> Case<'a> {
    pub(super) fn of(nodes: impl IntoIterator<Item = Node<'a>>) -> Self {
        Self {
            all: nodes.into_iter().collect(),
            ..Self::default()
        }
    }

    pub(super) fn with(&self, node: Node<'a>) -> Self {
        let mut case = self.clone();
        case.all.push(node);
        case
    }

    pub(super) fn nodes(&self) -> &[Node<'a>] {
        &self.all
    }

    /// What tells two cases apart.
    pub(super) fn key(&self) -> Vec<usize> {
        let sorted = |nodes: &[Node<'_>]| nodes.iter().map(|n| n.id()).collect::<BTreeSet<_>>();
        let mut key: Vec<usize> = sorted(&self.all).into_iter().collect();
        key.push(0);
        key.extend(sorted(&self.none));
        key.push(0);
        key.extend(self.chosen.iter().copied().collect::<BTreeSet<_>>());
        key
    }

    /// All that holds of the values, with references and `allOf` resolved.
    pub(super) fn facts(&self) -> Facts<'a> {
        let mut facts = Facts {
            none: self.none.clone(),
            ..Facts::default()
        };
        let mut seen = BTreeSet::new();
        let mut open: Vec<Node<'a>> = self.all.iter().rev().copied().collect();
        while let Some(node) = open.pop() {
            if !seen.insert(node.id()) {
                continue;
            }
            match node.value {
                Value::Bool(true) => continue,
                Value::Object(_) => facts.parts.push(node),
                _ => {
                    facts.never = true;
                    continue;
                }
            }
            if node.get("$ref").is_some() {
                match node.target() {
                    Some(target) => open.push(target),
                    None => facts.vague = Some("$ref"),
                }
            }
            if node.get("$dynamicRef").is_some() {
                facts.vague = Some("$dynamicRef");
            }
            if Types::told(node).is_none() {
                facts.vague = Some("type");
            }
            open.extend(node.list("allOf"));
            facts.none.extend(node.child("not"));
            for key in ["anyOf", "oneOf"] {
                if node.list(key).count() == 1 {
                    open.extend(node.list(key));
                }
            }
        }
        facts
    }

    /// A union that holds of these values, when there is one of several branches.
    pub(super) fn union(&self, facts: &Facts<'a>) -> Option<Union<'a>> {
        let (union, key) = facts
            .parts
            .iter()
            .flat_map(|part| ["anyOf", "oneOf"].map(|key| (*part, key)))
            .find(|(part, key)| {
                part.list(key).count() > 1
                    && part
                        .child(key)
                        .is_some_and(|list| !self.chosen.contains(&list.id()))
            })?;
        Some(Union {
            id: union.child(key)?.id(),
            branches: union.list(key).collect(),
            exclusive: key == "oneOf",
        })
    }

    /// The case that one branch of a union holds, and of the others not those in `none`.
    pub(super) fn choose(&self, union: &Union<'a>, branch: Node<'a>, none: Vec<Node<'a>>) -> Self {
        let mut case = self.with(branch);
        case.chosen.push(union.id);
        case.none.extend(none);
        case
    }
}

/// Branches of which one holds.
pub(super) struct Union<'a> {
    /// What tells two unions apart.
    pub(super) id: usize,
    pub(super) branches: Vec<Node<'a>>,
    /// Whether only one does.
    pub(super) exclusive: bool,
}

/// All that holds of the values of a [`Case`].
#[derive(Clone, Debug, Default)]
pub(super) struct Facts<'a> {
    /// Schemas that hold; their `$ref` and `allOf` are among them.
    pub(super) parts: Vec<Node<'a>>,
    /// Schemas that do not hold.
    pub(super) none: Vec<Node<'a>>,
    /// Whether there is no such value.
    pub(super) never: bool,
    /// The keyword because of which not all that holds is known.
    pub(super) vague: Option<&'static str>,
}

impl<'a> Facts<'a> {
    pub(super) fn types(&self) -> Types {
        let mut types = self.parts.iter().fold(Types::ALL, |types, part| {
            let own = types.and(Types::of(*part));
            match part.get("multipleOf").and_then(Decimal::of) {
                Some(unit) if unit.is_integer() => own.without(Types::FRACTION),
                _ => own,
            }
        });
        for none in &self.none {
            let only_type = none
                .value
                .as_object()
                .is_some_and(|map| assertions(map).all(|key| key == "type"));
            if let Some(refused) = Types::told(*none).filter(|_| only_type) {
                types = types.without(refused);
            }
        }
        types
    }

    pub(super) fn requires(&self, name: &str) -> bool {
        self.required().any(|required| required == name)
    }

    pub(super) fn required(&self) -> impl Iterator<Item = &'a str> {
        self.parts.iter().flat_map(|part| part.names("required"))
    }

    /// The names of all declared properties, each once.
    pub(super) fn declared(&self) -> BTreeSet<&'a str> {
        let names = |part: &Node<'a>| part.map("properties").map(|(name, _)| name);
        self.parts.iter().flat_map(names).collect()
    }

    /// The greatest of a keyword that is a count.
    pub(super) fn most(&self, key: &str) -> Option<u64> {
        self.counts(key).max()
    }

    /// The least of a keyword that is a count.
    pub(super) fn least(&self, key: &str) -> Option<u64> {
        self.counts(key).min()
    }

    fn counts(&self, key: &str) -> impl Iterator<Item = u64> {
        self.parts.iter().filter_map(move |part| count(*part, key))
    }
}

/// A keyword that is a count; `2.0` is one, too.
pub(super) fn count(node: Node<'_>, key: &str) -> Option<u64> {
    let value = node.get(key)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "only whole numbers that are not negative come here"
    )]
    value.as_u64().or_else(|| {
        let number = value.as_f64()?;
        (number >= 0.0 && number.fract() == 0.0).then_some(number as u64)
    })
}
