//! Finds the parts of a schema that the data can contain, the path to each, and whether each has a value.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ptr;

use serde_json::{Map, Value};

use super::keyword::{ALTERNATIVES, MEMBERS, Object, count, is_required, list, map};
use super::scalar::scalars;

/// A schema's address, which is its identity: equal schemas in two positions are two schemas.
pub(super) type Id = *const Value;

/// A step from a schema to one of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Reference,
    All(usize),
    Alternative(&'static str, usize),
    /// One of the types in a list.
    Kind(usize),
    /// One of the values of an `enum`, or one of the scalars that were chosen.
    Scalar(usize),
    Property(&'a str),
    /// A member that is not declared, by the keyword that describes it.
    Member(&'static str),
    PatternMember(&'a str),
    Prefix(usize),
    Item,
}

/// A schema that the data can contain.
pub(super) struct Reached<'a> {
    pub(super) schema: &'a Value,
    pub(super) pointer: String,
    /// The previous schema on the shortest path from the data, and the step from there.
    from: Option<(usize, Step<'a>)>,
}

/// Which steps a generated value takes, apart from the required ones.
#[derive(Default)]
pub(super) struct Plan<'a> {
    pub(super) steps: HashMap<Id, Vec<Step<'a>>>,
    pub(super) includes_everything: bool,
}

/// The parts of a schema.
pub(super) struct Graph<'a> {
    root: &'a Value,
    pub(super) reached: Vec<Reached<'a>>,
    pub(super) indexes: HashMap<Id, usize>,
    /// The minimum depth of a value of each schema. A schema without a finite value has no height.
    heights: HashMap<Id, usize>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(root: &'a Value, data: &'a Value, pointer: String) -> Self {
        let mut graph = Self {
            root,
            reached: Vec::new(),
            indexes: HashMap::new(),
            heights: HashMap::new(),
        };
        graph.reach(data, pointer, None);
        let mut next = 0;
        while let Some(Reached {
            schema, pointer, ..
        }) = graph.reached.get(next)
        {
            let pointer = pointer.clone();
            for (step, part, key) in graph.parts(schema) {
                let pointer = match step {
                    Step::Reference => key,
                    _ => format!("{pointer}/{key}"),
                };
                if let Some(part) = part {
                    graph.reach(part, pointer, Some((next, step)));
                }
            }
            next += 1;
        }
        graph.measure();
        graph
    }

    fn reach(&mut self, schema: &'a Value, pointer: String, from: Option<(usize, Step<'a>)>) {
        let index = self.reached.len();
        let id = ptr::from_ref(schema);
        if let Entry::Vacant(entry) = self.indexes.entry(id) {
            entry.insert(index);
            self.reached.push(Reached {
                schema,
                pointer,
                from,
            });
        }
    }

    /// The parts of a schema, with the step to each and its pointer.
    pub(super) fn parts(&self, schema: &'a Value) -> Vec<(Step<'a>, Option<&'a Value>, String)> {
        let Value::Object(schema) = schema else {
            return Vec::new();
        };
        let mut parts = Vec::new();
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            parts.push((Step::Reference, self.target(target), target.to_owned()));
        }
        for (index, part) in list(schema, "allOf").iter().enumerate() {
            parts.push((Step::All(index), Some(part), format!("allOf/{index}")));
        }
        for key in ALTERNATIVES {
            for (index, part) in list(schema, key).iter().enumerate() {
                let pointer = format!("{key}/{index}");
                parts.push((Step::Alternative(key, index), Some(part), pointer));
            }
        }
        for index in 0..list(schema, "type").len() {
            parts.push((Step::Kind(index), None, String::new()));
        }
        for index in 0..scalars(&[schema]).map_or(0, |scalars| scalars.len()) {
            parts.push((Step::Scalar(index), None, String::new()));
        }
        for (key, part) in map(schema, "properties") {
            let pointer = format!("properties/{key}");
            parts.push((Step::Property(key), Some(part), pointer));
        }
        for (key, part) in map(schema, "patternProperties") {
            let pointer = format!("patternProperties/{key}");
            parts.push((Step::PatternMember(key), Some(part), pointer));
        }
        for key in MEMBERS {
            if let Some(part @ Value::Object(_)) = schema.get(key) {
                parts.push((Step::Member(key), Some(part), key.to_owned()));
            }
        }
        for (index, part) in list(schema, "prefixItems").iter().enumerate() {
            parts.push((
                Step::Prefix(index),
                Some(part),
                format!("prefixItems/{index}"),
            ));
        }
        if let Some(part @ Value::Object(_)) = schema.get("items") {
            parts.push((Step::Item, Some(part), "items".to_owned()));
        }
        parts
    }

    pub(super) fn target(&self, reference: &str) -> Option<&'a Value> {
        let pointer = reference.strip_prefix('#')?;
        self.root
            .pointer(&percent_encoding::percent_decode_str(pointer).decode_utf8_lossy())
    }

    /// Finds the heights. Each round finds the heights of values one level deeper.
    fn measure(&mut self) {
        loop {
            let mut is_complete = true;
            for Reached { schema, .. } in &self.reached {
                let id = ptr::from_ref(*schema);
                if let Some(height) = self.height(schema)
                    && self.heights.get(&id).is_none_or(|known| height < *known)
                {
                    self.heights.insert(id, height);
                    is_complete = false;
                }
            }
            if is_complete {
                return;
            }
        }
    }

    pub(super) fn known_height(&self, schema: &Value) -> Option<usize> {
        self.heights.get(&ptr::from_ref(schema)).copied()
    }

    pub(super) fn is_possible(&self, schema: &Value) -> bool {
        self.known_height(schema).is_some()
    }

    /// Computes the height of a schema from the known heights of its parts.
    fn height(&self, schema: &'a Value) -> Option<usize> {
        let schema = match schema {
            Value::Object(schema) => schema,
            Value::Bool(false) => return None,
            _ => return Some(0),
        };
        let excludes_all =
            |not: &Value| matches!(not, Value::Bool(true)) || *not == Value::Object(Map::new());
        if schema.get("not").is_some_and(excludes_all) {
            return None;
        }
        if schema.contains_key("const") {
            return Some(0);
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return (!values.is_empty()).then_some(0);
        }
        let mut height = match schema.get("type") {
            Some(Value::Array(kinds)) => {
                let heights = kinds
                    .iter()
                    .filter_map(|kind| self.height_of(schema, kind.as_str()?));
                heights.min()?
            }
            kind => self.height_of(schema, kind.and_then(Value::as_str).unwrap_or("object"))?,
        };
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            // A reference without a target is reported when a value is generated.
            let target = self.target(target);
            height = height.max(target.map_or(Some(0), |target| self.known_height(target))?);
        }
        for part in list(schema, "allOf") {
            height = height.max(self.known_height(part)?);
        }
        for key in ALTERNATIVES {
            if schema.contains_key(key) {
                let heights = list(schema, key)
                    .iter()
                    .filter_map(|part| self.known_height(part));
                height = height.max(heights.min()?);
            }
        }
        Some(height + 1)
    }

    pub(super) fn height_of(&self, schema: &'a Object, kind: &str) -> Option<usize> {
        let mut height = 0;
        let mut add = |part: &Value| {
            height = height.max(self.known_height(part)?);
            Some(())
        };
        match kind {
            "object" => {
                for (key, part) in map(schema, "properties") {
                    if is_required(&[schema], key) {
                        add(part)?;
                    }
                }
            }
            "array" => {
                let first = list(schema, "prefixItems");
                first.iter().try_for_each(&mut add)?;
                let min_items = count(schema, "minItems").unwrap_or_default();
                if let Some(part @ Value::Object(_)) = schema.get("items")
                    && min_items > first.len()
                {
                    add(part)?;
                }
            }
            _ => {}
        }
        Some(height)
    }

    /// The plan that takes a step from a schema. `None` if a schema on the path to it has no value.
    pub(super) fn plan(&self, index: usize, step: Step<'a>) -> Option<Plan<'a>> {
        let mut plan = Plan::default();
        let mut next = Some((index, step));
        while let Some((index, step)) = next {
            let reached = self.reached.get(index)?;
            if !self.is_possible(reached.schema) {
                return None;
            }
            let id = ptr::from_ref(reached.schema);
            plan.steps.entry(id).or_default().push(step);
            next = reached.from;
        }
        Some(plan)
    }
}
