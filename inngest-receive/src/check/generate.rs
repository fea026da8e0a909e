//! Generates a value that matches a schema.

use std::ptr;

use serde_json::{Map, Value};

use super::graph::{Graph, Id, Plan, Step};
use super::keyword::{ALTERNATIVES, MEMBERS, Object, count, examples, is_required, list, map};
use super::scalar::{is_scalar, scalars};
use super::text::text;

/// A part of a schema for which no value was generated.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Missing {
    /// The part, such as `#/properties/data`.
    pub(super) pointer: String,
    pub(super) reason: String,
}

/// The maximum number of nested values in a value that includes everything.
const MAX_VALUES: usize = 2_000;

/// At this depth, even a value that includes everything includes only what is required.
const MAX_OPEN: usize = 100;

/// Generates one value.
pub(super) struct Generator<'s, 'a> {
    pub(super) graph: &'s Graph<'a>,
    pub(super) plan: Plan<'a>,
    /// The schemas whose values enclose the current one.
    pub(super) open: Vec<Id>,
    /// The number of nested values so far.
    pub(super) values: usize,
}

impl<'a> Generator<'_, 'a> {
    /// Generates a value for a schema. `None` if any value matches. The schemas in `outer` apply to the same
    /// value. A minimal value includes only what is required.
    pub(super) fn generate(
        &mut self,
        schema: &'a Value,
        outer: &[&'a Object],
        is_minimal: bool,
    ) -> Result<Option<Value>, Missing> {
        let Value::Object(map) = schema else {
            return Ok(None);
        };
        let id = ptr::from_ref(schema);
        self.values += 1;
        // A value of a recursive type ends where its schema occurs inside itself.
        let is_minimal = is_minimal || self.open.contains(&id);
        let plan = self.plan.steps.get(&id).filter(|_| !is_minimal);
        let steps = plan.cloned().unwrap_or_default();
        let all_of = list(map, "allOf").iter().filter_map(Value::as_object);
        let maps: Vec<&Object> = outer.iter().copied().chain(all_of).chain([map]).collect();
        let mut part = Part {
            id,
            maps: &maps,
            steps,
            is_minimal,
            includes_everything: self.plan.includes_everything
                && !is_minimal
                && self.values < MAX_VALUES
                && self.open.len() < MAX_OPEN,
        };
        self.open.push(id);
        let value = self.generate_part(map, &mut part);
        self.open.pop();
        value
    }

    fn generate_part(
        &mut self,
        schema: &'a Object,
        part: &mut Part<'_, 'a>,
    ) -> Result<Option<Value>, Missing> {
        let graph = self.graph;
        if let Some(keyword) = UNSUPPORTED
            .iter()
            .find(|keyword| schema.contains_key(**keyword))
        {
            let reason = format!("its `{keyword}` is not understood");
            return examples(schema)
                .first()
                .map(|example| Some(example.clone()))
                .ok_or_else(|| self.missing(part.id, reason));
        }
        let mut value = None;
        if let Some(kind) = self.kind(schema, part) {
            value = match kind {
                "object" => Some(self.object(schema, part)?),
                "array" => Some(self.array(schema, part)?),
                "null" => Some(Value::Null),
                _ => Some(self.scalar(part)?),
            };
        } else if scalars(part.maps).is_some() {
            value = Some(self.scalar(part)?);
        }
        if schema.contains_key("const") || schema.contains_key("enum") {
            return Ok(value);
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let reason = || format!("its `$ref` to `{target}` cannot be followed");
            let target = graph
                .target(target)
                .ok_or_else(|| self.missing(part.id, reason()))?;
            merge(
                &mut value,
                self.generate(target, part.maps, part.is_minimal)?,
            );
        }
        for other in list(schema, "allOf") {
            merge(
                &mut value,
                self.generate(other, part.maps, part.is_minimal)?,
            );
        }
        for key in ALTERNATIVES {
            if let Some(alternative) = self.alternative(schema, key, part) {
                merge(
                    &mut value,
                    self.generate(alternative, part.maps, part.is_minimal)?,
                );
            }
        }
        Ok(value)
    }

    fn missing(&self, id: Id, reason: impl Into<String>) -> Missing {
        let index = self.graph.indexes.get(&id);
        let reached = index.and_then(|index| self.graph.reached.get(*index));
        Missing {
            pointer: reached.map_or_else(String::new, |reached| reached.pointer.clone()),
            reason: reason.into(),
        }
    }

    /// The planned alternative. Without one, the first that is not `null` if the value includes everything,
    /// else the shallowest.
    fn alternative(
        &self,
        schema: &'a Object,
        key: &'static str,
        part: &Part<'_, 'a>,
    ) -> Option<&'a Value> {
        let parts = list(schema, key);
        let planned = part.steps.iter().find_map(|step| match step {
            Step::Alternative(of, index) if *of == key => parts.get(*index),
            _ => None,
        });
        let possible = || parts.iter().filter(|part| self.graph.is_possible(part));
        let is_null = |part: &&Value| part.get("type").is_some_and(|kind| kind == "null");
        let full = || {
            possible()
                .find(|part| !is_null(part))
                .filter(|_| part.includes_everything)
        };
        let shallowest = || possible().min_by_key(|part| self.graph.known_height(part));
        planned.or_else(full).or_else(shallowest)
    }

    fn kind(&self, schema: &'a Object, part: &Part<'_, 'a>) -> Option<&'a str> {
        if schema.contains_key("const") || schema.contains_key("enum") {
            return None;
        }
        let kinds = match schema.get("type") {
            Some(Value::Array(kinds)) => kinds,
            Some(kind) => return kind.as_str(),
            None => {
                return OBJECT_KEYS
                    .iter()
                    .any(|key| schema.contains_key(*key))
                    .then_some("object");
            }
        };
        let planned = part.steps.iter().find_map(|step| match step {
            Step::Kind(index) => kinds.get(*index)?.as_str(),
            // Only scalars have several values.
            Step::Scalar(_) => kinds
                .iter()
                .filter_map(Value::as_str)
                .find(|kind| is_scalar(kind)),
            Step::Property(_) | Step::Member(_) | Step::PatternMember(_) => Some("object"),
            Step::Item => Some("array"),
            _ => None,
        });
        let names = || kinds.iter().filter_map(Value::as_str);
        let full = || {
            names()
                .find(|kind| *kind != "null")
                .filter(|_| part.includes_everything)
        };
        let shallowest = || {
            names()
                .filter_map(|kind| Some((self.graph.height_of(schema, kind)?, kind)))
                .min_by_key(|(height, kind)| (*height, *kind != "null"))
                .map(|(_, kind)| kind)
        };
        planned.or_else(full).or_else(shallowest)
    }

    fn scalar(&self, part: &Part<'_, 'a>) -> Result<Value, Missing> {
        let planned = part.steps.iter().find_map(|step| match step {
            Step::Scalar(index) => scalars(part.maps)?.into_iter().nth(*index),
            _ => None,
        });
        let mut all = scalars(part.maps).unwrap_or_default().into_iter();
        match planned.or_else(|| all.next()) {
            Some(value) => value.map_err(|reason| self.missing(part.id, reason)),
            None => Err(self.missing(part.id, "no number matches it")),
        }
    }

    fn object(&mut self, schema: &'a Object, part: &Part<'_, 'a>) -> Result<Value, Missing> {
        let mut members = Map::new();
        for (key, property) in map(schema, "properties") {
            let is_possible = self.graph.is_possible(property);
            let is_planned = part.steps.contains(&Step::Property(key));
            if is_required(part.maps, key)
                || is_possible && (part.includes_everything || is_planned)
            {
                let value = self.generate(property, &[], part.is_minimal)?;
                members.insert(key.clone(), value.unwrap_or_else(any));
            }
        }
        let patterns = map(schema, "patternProperties").map(|(pattern, member)| {
            let name = text(&[&pattern_only(pattern)]);
            (Step::PatternMember(pattern), member, name)
        });
        let described = MEMBERS.into_iter().filter_map(|keyword| {
            let member = schema.get(keyword).filter(|member| member.is_object())?;
            Some((Step::Member(keyword), member, self.key(schema, &members)))
        });
        let others: Vec<_> = patterns.chain(described).collect();
        let min_properties = count(schema, "minProperties").unwrap_or_default();
        for (step, member, name) in others {
            let is_wanted = part.includes_everything
                || part.steps.contains(&step)
                || members.len() < min_properties;
            if is_wanted && self.graph.is_possible(member) {
                let name = name.map_err(|reason| self.missing(part.id, reason))?;
                let value = self
                    .generate(member, &[], part.is_minimal)?
                    .unwrap_or_else(any);
                let more =
                    (1..min_properties.min(MAX_VALUES)).map(|number| (number + 1).to_string());
                for name in std::iter::once(name).chain(more) {
                    if !members.contains_key(&name) {
                        members.insert(name, value.clone());
                    }
                }
            }
        }
        if members.len() < min_properties {
            return Err(self.missing(part.id, "its `minProperties` is not reached"));
        }
        Ok(members.into())
    }

    /// A key for a member that is not declared: a number if possible, so that maps with numbers as keys accept
    /// it.
    fn key(&self, schema: &'a Object, members: &Object) -> Result<String, String> {
        match schema.get("propertyNames") {
            Some(Value::Object(names)) => {
                if let Some(names) = names.get("enum").and_then(Value::as_array) {
                    let mut names = names.iter().filter_map(Value::as_str);
                    let name = names.find(|name| !members.contains_key(*name));
                    return Ok(name.unwrap_or("1").to_owned());
                }
                let target = names.get("$ref").and_then(Value::as_str);
                let target = target.and_then(|target| self.graph.target(target)?.as_object());
                let names = target.unwrap_or(names);
                match scalars(&[names]).and_then(|scalars| scalars.into_iter().next()) {
                    Some(name) => name.map(|name| name.as_str().unwrap_or("1").to_owned()),
                    None if names.contains_key("pattern") => text(&[names]),
                    None => Ok("1".to_owned()),
                }
            }
            _ => {
                let mut names = (1..).map(|number: u32| number.to_string());
                let is_free = |name: &String| map(schema, "properties").all(|(key, _)| key != name);
                Ok(names.find(is_free).unwrap_or_default())
            }
        }
    }

    fn array(&mut self, schema: &'a Object, part: &Part<'_, 'a>) -> Result<Value, Missing> {
        let mut items = Vec::new();
        let max_items = count(schema, "maxItems").unwrap_or(usize::MAX);
        for item in list(schema, "prefixItems").iter().take(max_items) {
            items.push(
                self.generate(item, &[], part.is_minimal)?
                    .unwrap_or_else(any),
            );
        }
        let min_items = count(schema, "minItems").unwrap_or_default();
        let item = schema
            .get("items")
            .filter(|item| **item != Value::Bool(false));
        let is_possible =
            item.is_some_and(|item| !item.is_object() || self.graph.is_possible(item));
        let wants_item = part.includes_everything || part.steps.contains(&Step::Item);
        let more = usize::from(is_possible && wants_item && items.len() < max_items);
        let wanted = min_items.max(items.len() + more);
        if wanted > MAX_VALUES {
            return Err(self.missing(part.id, format!("its `minItems` is over {MAX_VALUES}")));
        }
        while items.len() < wanted {
            let value = match item {
                Some(item) => self.generate(item, &[], part.is_minimal)?,
                None => None,
            };
            items.push(value.unwrap_or_else(any));
        }
        let is_unique = schema.get("uniqueItems") == Some(&Value::Bool(true));
        if is_unique
            && items
                .iter()
                .enumerate()
                .any(|(index, item)| items.iter().skip(index + 1).any(|other| other == item))
        {
            let reason = "its `minItems` and `uniqueItems` need items that differ";
            return match examples(schema).first() {
                Some(example) => Ok(example.clone()),
                None => Err(self.missing(part.id, reason)),
            };
        }
        Ok(items.into())
    }
}

/// The schema for which a value is being generated.
struct Part<'m, 'a> {
    id: Id,
    /// The schemas that apply to the value, this one last.
    maps: &'m [&'a Object],
    steps: Vec<Step<'a>>,
    is_minimal: bool,
    includes_everything: bool,
}

/// Keywords that only objects have.
const OBJECT_KEYS: [&str; 2] = ["properties", "patternProperties"];
/// Keywords that this module does not support.
const UNSUPPORTED: [&str; 8] = [
    "not",
    "if",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "$dynamicRef",
    "$recursiveRef",
];

/// A value for a schema that accepts any value.
fn any() -> Value {
    Value::Object(Map::new())
}

fn pattern_only(pattern: &str) -> Object {
    Map::from_iter([("pattern".to_owned(), pattern.into())])
}

/// Merges the members of two objects. If either is not an object, keeps the first value.
fn merge(value: &mut Option<Value>, other: Option<Value>) {
    match (value, other) {
        (Some(Value::Object(members)), Some(Value::Object(others))) => members.extend(others),
        (value @ None, other) => *value = other,
        _ => {}
    }
}
