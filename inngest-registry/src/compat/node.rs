//! A schema at its place in a document.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// A schema together with the document that its references are resolved in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a> {
    document: &'a Value,
    /// The document, or the schema with an `$id` of its own that embeds the schema in it.
    resource: &'a Value,
    pub(super) value: &'a Value,
}

impl<'a> Node<'a> {
    pub(super) fn root(root: &'a Value) -> Self {
        Self {
            document: root,
            resource: root,
            value: root,
        }
    }

    /// A value inside this one.
    fn at(self, value: &'a Value) -> Self {
        let is_resource = uri(value).is_some_and(|uri| !uri.starts_with('#'));
        let resource = if is_resource { value } else { self.resource };
        Self {
            resource,
            value,
            ..self
        }
    }

    /// Identifies the schema in memory.
    pub(super) fn id(self) -> usize {
        std::ptr::from_ref(self.value).addr()
    }

    pub(super) fn get(self, key: &str) -> Option<&'a Value> {
        self.value.as_object()?.get(key)
    }

    pub(super) fn child(self, key: &str) -> Option<Self> {
        self.get(key).map(|value| self.at(value))
    }

    /// The values in a keyword that holds a list.
    fn array(self, key: &str) -> &'a [Value] {
        let list = self.get(key).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }

    /// The schemas in a keyword that holds a list.
    pub(super) fn list(self, key: &str) -> impl Iterator<Item = Self> + use<'a> {
        self.array(key).iter().map(move |value| self.at(value))
    }

    /// The schemas in a keyword that holds an object.
    pub(super) fn map(self, key: &str) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let map = self.get(key).and_then(Value::as_object);
        map.into_iter()
            .flatten()
            .map(move |(name, value)| (name.as_str(), self.at(value)))
    }

    pub(super) fn names(self, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.array(key).iter().filter_map(Value::as_str)
    }

    /// The schema of a declared property.
    pub(super) fn property(self, name: &str) -> Option<Self> {
        self.child("properties")?.child(name)
    }

    /// The number of schemas in a keyword that holds a list.
    pub(super) fn count(self, key: &str) -> usize {
        self.array(key).len()
    }

    /// The target of `$ref`; `None` if it is not in the document.
    pub(super) fn target(self) -> Option<Self> {
        let reference = self.get("$ref")?.as_str()?;
        let (resource, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let own = self.own_uri().trim_end_matches('#');
        // Relative to `a/b`, `a/b` is another resource.
        let is_own = resource == own && (own.contains(':') || !own.contains('/'));
        if !(resource.is_empty() || is_own) {
            return None;
        }
        let pointer = percent_decode_str(pointer).decode_utf8().ok()?;
        if !(pointer.is_empty() || pointer.starts_with('/')) {
            return None;
        }
        let mut target = self.at(self.resource);
        for step in pointer.split('/').skip(1) {
            target = target.at(target.value.pointer(&format!("/{step}"))?);
        }
        Some(target)
    }

    /// Whether keywords beside `$ref` have no effect, as in drafts before 2019-09.
    pub(super) fn is_only_reference(self) -> bool {
        let draft = self.document.get("$schema").and_then(Value::as_str);
        let is_old = draft.is_some_and(|draft| draft.contains("/draft-0"));
        is_old && self.get("$ref").is_some()
    }

    /// The target of `$dynamicRef` or `$recursiveRef`, if the document is a single resource. The
    /// outermost resource is then the document itself.
    fn dynamic_target(self, key: &str) -> Option<Self> {
        let anchor = self.get(key)?.as_str()?.strip_prefix('#')?;
        if self.has_resources() {
            return None;
        }
        let document = Self::root(self.document);
        if anchor.is_empty() {
            return Some(document);
        }
        let is_named = |schema: &&Value| {
            let mut names = ["$dynamicAnchor", "$anchor"].iter();
            names.any(|key| schema.get(key) == Some(&anchor.into()))
        };
        let mut named = inner_schemas(self.document).filter(is_named);
        let target = named.next().filter(|_| named.next().is_none())?;
        Some(document.at(target))
    }

    /// The targets of two references, or whether they are the same without being resolved.
    pub(super) fn targets(self, other: Self, key: &str) -> Result<(Self, Self), bool> {
        let target = |node: Self| match key {
            "$ref" => node.target(),
            _ => node.dynamic_target(key),
        };
        match (target(self), target(other)) {
            (Some(own), Some(other)) => Ok((own, other)),
            (None, None) => Err(self.refers_out_like(other, key)),
            _ => Err(false),
        }
    }

    /// Whether two references that their documents do not resolve have the same target.
    fn refers_out_like(self, other: Self, key: &str) -> bool {
        let reference = self.get(key);
        let is_pointer = reference
            .and_then(Value::as_str)
            .is_some_and(|to| to.starts_with("#/"));
        let is_same = reference == other.get(key) && self.own_uri() == other.own_uri();
        is_same && (is_pointer || !self.has_names() && !other.has_names())
    }

    /// Whether the schema accepts some value if and only if it refuses it, like a schema that is `not`
    /// itself: it refers to itself for the same value, through a keyword that may negate.
    pub(super) fn is_paradox(self, known: &mut HashMap<usize, bool>) -> bool {
        if let Some(known) = known.get(&self.id()) {
            return *known;
        }
        let mut found = false;
        let mut seen = HashSet::new();
        let mut open = vec![self];
        while let Some(node) = open.pop() {
            for (next, is_opposite) in node.of_the_same_value() {
                found |= known.get(&next.id()) == Some(&true);
                found |= is_opposite && next.leads_to(node);
                if !known.contains_key(&next.id()) && seen.insert(next.id()) {
                    open.push(next);
                }
            }
        }
        if !found {
            // Then none of the schemas that it leads to is one either.
            known.extend(seen.into_iter().map(|id| (id, false)));
        }
        known.insert(self.id(), found);
        found
    }

    fn leads_to(self, target: Self) -> bool {
        let mut seen = HashSet::from([self.id()]);
        let mut open = vec![self];
        while let Some(node) = open.pop() {
            let next = node.of_the_same_value().into_iter().map(|(node, _)| node);
            open.extend(next.filter(|node| seen.insert(node.id())));
        }
        seen.contains(&target.id())
    }

    /// The schemas that apply to the same value, and whether their result may be negated.
    fn of_the_same_value(self) -> Vec<(Self, bool)> {
        let mut found = Vec::new();
        for key in self.value.as_object().into_iter().flat_map(Map::keys) {
            let is_opposite = match key.as_str() {
                "oneOf" => self.count(key) > 1,
                key => matches!(key, "not" | "if"),
            };
            let mut add = |node| found.push((node, is_opposite));
            match key.as_str() {
                "$ref" => self.target().into_iter().for_each(add),
                "allOf" | "anyOf" | "oneOf" => self.list(key).for_each(add),
                "not" | "if" | "then" | "else" => self.child(key).into_iter().for_each(add),
                "dependentSchemas" | "dependencies" => self.map(key).for_each(|(_, n)| add(n)),
                _ => {}
            }
        }
        found
    }

    fn own_uri(self) -> &'a str {
        uri(self.resource).unwrap_or("")
    }

    /// Whether the document embeds another resource.
    fn has_resources(self) -> bool {
        let own = std::ptr::from_ref(self.document);
        inner_schemas(self.document).any(|schema| {
            let is_named = schema
                .get("$id")
                .or_else(|| schema.get("id"))
                .is_some_and(Value::is_string);
            is_named && !std::ptr::eq(schema, own)
        })
    }

    /// Whether the document names schemas, so that references may use the names.
    fn has_names(self) -> bool {
        let anchors = ["$anchor", "$dynamicAnchor", "$recursiveAnchor"];
        let is_named = |schema: &Value| anchors.iter().any(|key| schema.get(key).is_some());
        self.has_resources() || inner_schemas(self.document).any(is_named)
    }

    /// The items of a tuple, and the schema of all further items.
    pub(super) fn items(self) -> (Vec<Self>, Option<Self>) {
        // Before 2020-12, `items` held the list and `additionalItems` the rest.
        if self.get("items").is_some_and(Value::is_array) {
            return (self.list("items").collect(), self.child("additionalItems"));
        }
        (self.list("prefixItems").collect(), self.child("items"))
    }

    /// The values in `const` or `enum`.
    pub(super) fn listed(self) -> Option<&'a [Value]> {
        match self.get("const") {
            Some(value) => Some(std::slice::from_ref(value)),
            None => self.get("enum")?.as_array().map(Vec::as_slice),
        }
    }

    /// Whether a keyword is `true` or `false`, as given.
    pub(super) fn is(self, key: &str, expected: bool) -> bool {
        self.get(key).and_then(Value::as_bool) == Some(expected)
    }

    /// The value of a counting keyword, such as `minItems`. `2.0` counts too.
    pub(super) fn counted(self, key: &str) -> Option<u64> {
        let value = self.get(key)?;
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

    /// Whether the schema accepts every value.
    pub(super) fn accepts_all(self) -> bool {
        match self.value {
            Value::Bool(accepts) => *accepts,
            Value::Object(map) => map.keys().all(|key| !RANKS.contains_key(key.as_str())),
            _ => false,
        }
    }
}

/// The identifier of a resource.
fn uri(schema: &Value) -> Option<&str> {
    schema.get("$id")?.as_str()
}

/// Whether a schema contains a reference.
pub(super) fn refers(schema: &Value) -> bool {
    let keys = ["$ref", "$dynamicRef", "$recursiveRef"];
    inner_schemas(schema).any(|inner| keys.iter().any(|key| inner.get(key).is_some()))
}

/// The number of JSON values in a schema.
pub(super) fn size(schema: &Value) -> usize {
    inner_schemas(schema).count()
}

/// A value and all values inside it. Some of them are schemas.
fn inner_schemas(value: &Value) -> impl Iterator<Item = &Value> {
    let mut open = vec![value];
    std::iter::from_fn(move || {
        let value = open.pop()?;
        match value {
            Value::Array(list) => open.extend(list),
            Value::Object(map) => open.extend(map.values()),
            _ => {}
        }
        Some(value)
    })
}

/// The keywords that restrict values, in the order in which they are checked. All others, including
/// unknown ones, are annotations, as the specification says.
const ASSERTIONS: &str = "\
    type const enum $ref $dynamicRef $recursiveRef allOf required properties \
    patternProperties additionalProperties propertyNames minProperties maxProperties \
    dependentRequired dependentSchemas dependencies unevaluatedProperties prefixItems items \
    additionalItems minItems maxItems uniqueItems contains minContains maxContains \
    unevaluatedItems minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength \
    maxLength pattern format anyOf oneOf not if then else";

/// The position of each assertion.
static RANKS: LazyLock<HashMap<&'static str, usize>> =
    LazyLock::new(|| ASSERTIONS.split(' ').zip(0..).collect());

/// The assertions of a schema, in a fixed order.
pub(super) fn assertions(map: &Map<String, Value>) -> impl Iterator<Item = &'static str> {
    let known = map
        .keys()
        .filter_map(|key| RANKS.get_key_value(key.as_str()));
    let mut known: Vec<_> = known.map(|(key, rank)| (*rank, *key)).collect();
    known.sort_unstable();
    known.into_iter().map(|(_, key)| key)
}
