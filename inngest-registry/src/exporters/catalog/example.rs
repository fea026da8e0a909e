//! Generates an example of an event, which is valid for the schema and always the same.

use std::collections::BTreeMap;

use inngest_grammar::template::{Piece, Template};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::merged::Merged;
use super::min_depths::MinDepths;
use super::schema::{Definitions, is_null, properties, values};
use super::{id, text};
use crate::catalogue::EventType;
use crate::compat::{self, Strictness, Verdict};
use crate::walk::{self, Place};

/// After this many values, an example leaves out everything optional.
const LARGE: usize = 120;
/// The maximum number of values in an example.
const MOST: usize = 2_000;
/// How deep schemas may refer to each other for a single value.
const DEPTH: usize = 100;
/// The time of the example: 21 November 2026, 9:30 UTC.
const TIME: i64 = 1_795_253_400_000;

/// JSON whose members are in the order of a type's fields.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Plain(Value),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(value) => value.serialize(serializer),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(members) => serializer.collect_map(members.iter().map(|(k, v)| (k, v))),
        }
    }
}

impl Json {
    /// The value of a member.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => {
                let mut members = members.iter();
                members
                    .find(|(known, _)| known == name)
                    .map(|(_, value)| value)
            }
            Self::List(items) => items.get(name.parse::<usize>().ok()?),
            Self::Plain(_) => None,
        }
    }

    /// The JSON on several lines.
    pub(super) fn pretty(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The JSON on one line.
    pub(super) fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Generates the examples of one event and of its fields.
pub(super) struct Examples<'a> {
    event: &'a EventType,
    sampler: Sampler<'a>,
}

impl<'a> Examples<'a> {
    pub(super) fn of(event: &'a EventType) -> Self {
        Self {
            event,
            sampler: Sampler::new(&event.schema),
        }
    }

    /// An example of a field.
    pub(super) fn field(&mut self, schema: &Value, name: &str) -> Option<Json> {
        self.sampler.fresh(schema, name)
    }

    /// An example of the event, as it is sent. `None` if the schema is too large or too unusual.
    pub(super) fn event(&mut self) -> Option<Json> {
        let schema = self.event.schema.as_object()?;
        let mut declared: BTreeMap<_, _> = properties(schema)
            .into_iter()
            .map(|property| (property.name, property))
            .collect();
        let data = self.sampler.fresh(declared.get("data")?.schema, "data")?;
        // An event without a template has no id unless the sender gives it one.
        let id = declared.remove("id");
        let pattern = id.and_then(|id| id.schema.get("pattern")?.as_str());
        let printed = pattern.and_then(|_| print_id(self.event, &data));
        let mut members = Vec::new();
        for name in ["name", "id", "ts", "v", "data", "user", "meta"] {
            if let ("id", Some(pattern)) = (name, pattern) {
                let id = match &printed {
                    Some(id) => id.clone(),
                    None => text::matching(pattern, &[])?,
                };
                members.push((name.to_owned(), Json::Plain(id.into())));
            }
            let Some(property) = declared.get(name) else {
                continue;
            };
            let value = match name {
                "ts" => Json::Plain(TIME.into()),
                "data" => data.clone(),
                "user" | "meta" if !property.required && !describes_members(property.schema) => {
                    continue;
                }
                _ => self.sampler.fresh(property.schema, name)?,
            };
            members.push((name.to_owned(), value));
        }
        let example = Json::Object(members);
        (!is_refused(&example, &self.event.schema)).then_some(example)
    }
}

/// Whether the schema of `user` or `meta` declares members. Every event may have others.
fn describes_members(schema: &Value) -> bool {
    let sessions = schema.pointer("/properties/sessions");
    sessions.unwrap_or(schema).get("properties").is_some()
}

/// The id that the template prints for this data.
fn print_id(event: &EventType, data: &Json) -> Option<String> {
    let template = Template::parse(event.id_template.as_deref()?).ok()?;
    let mut printed = String::new();
    for piece in template.pieces() {
        match piece {
            Piece::Text(text) => printed.push_str(text),
            Piece::Placeholder(placeholder) => {
                let mut value = data;
                for name in id::names(event, placeholder) {
                    value = value.get(&name)?;
                }
                match value {
                    Json::Plain(Value::String(text)) => printed.push_str(text),
                    plain @ Json::Plain(_) => printed.push_str(&plain.line()),
                    _ => return None,
                }
            }
        }
    }
    Some(printed)
}

/// Whether the schema certainly refuses the value.
fn is_refused(value: &Json, schema: &Value) -> bool {
    let Ok(value) = serde_json::to_value(value) else {
        return true;
    };
    // Ignore formats: the example has them, but the comparison cannot see that.
    let mut schema = schema.clone();
    walk::each_schema_mut(&mut schema, Place::Schema, &mut |schema| {
        schema.remove("format");
    });
    let only = json!({ "const": value });
    compat::compare(&only, &schema, Strictness::Standard).backward == Verdict::Breaking
}

#[derive(Clone, Copy, Default)]
struct Mode {
    /// Leaves out everything optional.
    minimal: bool,
    /// Makes the items of a list differ.
    number: usize,
}

struct Sampler<'a> {
    event: &'a Value,
    definitions: Definitions<'a>,
    min_depths: MinDepths<'a>,
    /// How many values the current example has.
    made: usize,
    /// The definitions around the current value.
    around: Vec<&'a str>,
}

impl<'a> Sampler<'a> {
    fn new(event: &'a Value) -> Self {
        let definitions = Definitions::of(event);
        Self {
            event,
            definitions,
            min_depths: MinDepths::of(definitions),
            made: 0,
            around: Vec::new(),
        }
    }

    /// An example that does not depend on earlier ones.
    fn fresh(&mut self, schema: &Value, name: &str) -> Option<Json> {
        self.made = 0;
        self.value(schema, name, Mode::default())
    }

    fn value(&mut self, schema: &Value, name: &str, mode: Mode) -> Option<Json> {
        self.made += 1;
        if self.made > MOST || self.around.len() > DEPTH {
            return None;
        }
        let mut mode = mode;
        mode.minimal |= self.made > LARGE;
        let around = self.around.len();
        let mut merged = Merged::default();
        let value = self
            .merge(&mut merged, schema, &mut mode, 0)
            .and_then(|()| self.of_merged(&merged.0, name, mode));
        self.around.truncate(around);
        value
    }

    /// Adds a schema, everything that it refers to and combines, and one of its alternatives.
    fn merge(
        &mut self,
        merged: &mut Merged,
        schema: &Value,
        mode: &mut Mode,
        depth: usize,
    ) -> Option<()> {
        let schema = match schema {
            Value::Bool(true) => return Some(()),
            Value::Object(schema) if depth < DEPTH => schema,
            _ => return None,
        };
        merged.add(schema);
        if let Some((name, target)) = self.definitions.target(schema) {
            mode.minimal |= self.around.contains(&name);
            self.around.push(name);
            self.merge(merged, target, mode, depth + 1)?;
        }
        if let Some(Value::Array(all)) = schema.get("allOf") {
            for schema in all {
                self.merge(merged, schema, mode, depth + 1)?;
            }
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(alternatives)) = schema.get(keyword) {
                let best = alternatives
                    .iter()
                    .filter(|schema| self.min_depths.of_schema(schema).is_some())
                    .min_by_key(|schema| {
                        if mode.minimal {
                            (false, self.min_depths.of_schema(schema))
                        } else {
                            (is_null(schema), None)
                        }
                    })?;
                self.merge(merged, best, mode, depth + 1)?;
            }
        }
        Some(())
    }

    fn of_merged(&mut self, schema: &Map<String, Value>, name: &str, mode: Mode) -> Option<Json> {
        if let Some(value) = schema.get("const") {
            return Some(Json::Plain(value.clone()));
        }
        if let Some(Value::Array(values)) = schema.get("enum") {
            let mut values: Vec<_> = values.iter().filter(|value| !value.is_null()).collect();
            if values.is_empty() {
                values.push(&Value::Null);
            }
            let value = values.get(mode.number % values.len())?;
            return Some(Json::Plain((*value).clone()));
        }
        if let Some(own) = self.own_example(schema) {
            return Some(own);
        }
        match kind(schema, mode.minimal) {
            "null" => Some(Json::Plain(Value::Null)),
            "boolean" => Some(Json::Plain(mode.number.is_multiple_of(2).into())),
            "integer" | "number" => Some(Json::Plain(super::number::example(schema, mode.number)?)),
            "string" => {
                let text = text::example(schema, name, mode.number)?;
                Some(Json::Plain(text.into()))
            }
            "array" => self.list(schema, name, mode),
            _ => self.object(schema, mode),
        }
    }

    /// The first valid example that the author of the type gave.
    fn own_example(&self, schema: &Map<String, Value>) -> Option<Json> {
        let examples = schema.get("examples")?.as_array()?;
        let mut whole = schema.clone();
        whole.remove("examples");
        if let Some(definitions) = self.event.get("$defs") {
            whole.insert("$defs".to_owned(), definitions.clone());
        }
        let whole = Value::Object(whole);
        let mut examples = examples.iter().cloned().map(Json::Plain);
        examples.find(|example| !is_refused(example, &whole))
    }

    fn list(&mut self, schema: &Map<String, Value>, name: &str, mode: Mode) -> Option<Json> {
        let count = |keyword| {
            let count = schema.get(keyword).and_then(Value::as_u64);
            count.map(|count| usize::try_from(count).unwrap_or(usize::MAX))
        };
        let least = count("minItems").unwrap_or(0);
        let most = count("maxItems").unwrap_or(usize::MAX);
        let mut items = Vec::new();
        let first = schema.get("prefixItems").and_then(Value::as_array);
        for item in first.into_iter().flatten().take(most) {
            match self.value(item, name, mode) {
                Some(item) => items.push(item),
                None if items.len() >= least => return Some(Json::List(items)),
                None => return None,
            }
        }
        let wanted = match (schema.get("items"), first) {
            (None, Some(_)) => least,
            _ if mode.minimal => least,
            _ => least.max(1),
        };
        let rest = schema.get("items").unwrap_or(&Value::Bool(true));
        while items.len() < wanted.min(most) {
            let number = mode.number + items.len();
            match self.value(rest, name, Mode { number, ..mode }) {
                Some(item) => items.push(item),
                None if items.len() >= least => break,
                None => return None,
            }
        }
        Some(Json::List(items))
    }

    fn object(&mut self, schema: &Map<String, Value>, mode: Mode) -> Option<Json> {
        let mut members: Vec<(String, Json)> = Vec::new();
        let declared = properties(schema);
        for property in &declared {
            if !property.required && mode.minimal {
                continue;
            }
            match self.value(property.schema, property.name, mode) {
                Some(value) => members.push((property.name.to_owned(), value)),
                None if property.required => return None,
                None => {}
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !members.iter().any(|(known, _)| known == name) {
                let value = self.value(values(schema).unwrap_or(&Value::Bool(true)), name, mode)?;
                members.push((name.to_owned(), value));
            }
        }
        let Some(rest) = values(schema) else {
            return Some(Json::Object(members));
        };
        let least = schema.get("minProperties").and_then(Value::as_u64);
        let least = usize::try_from(least.unwrap_or(0)).unwrap_or(usize::MAX);
        let wanted = if mode.minimal {
            least
        } else {
            least.max(members.len() + 1)
        };
        for number in 0..MOST {
            if members.len() >= wanted {
                break;
            }
            let name = self.name(schema, number)?;
            if members.iter().any(|(known, _)| *known == name) {
                continue;
            }
            match self.value(rest, &name, Mode { number, ..mode }) {
                Some(value) => members.push((name, value)),
                None if members.len() >= least => break,
                None => return None,
            }
        }
        Some(Json::Object(members))
    }

    /// A name that the object does not declare.
    fn name(&mut self, schema: &Map<String, Value>, number: usize) -> Option<String> {
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let plain = match number {
            0 => "name".to_owned(),
            number => format!("name {}", number + 1),
        };
        if let Some(pattern) = patterns.and_then(|patterns| patterns.keys().next()) {
            let digits = (number + 1).to_string();
            return text::matching(pattern, &[&plain, &digits]);
        }
        let Some(names) = schema.get("propertyNames") else {
            return Some(plain);
        };
        let mode = Mode {
            number,
            ..Mode::default()
        };
        match self.value(names, &plain, mode)? {
            Json::Plain(Value::String(name)) => Some(name),
            // Property names are strings, even if the schema does not say so.
            _ => Some(plain),
        }
    }
}

/// The type of the example.
fn kind(schema: &Map<String, Value>, minimal: bool) -> &str {
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| schema.contains_key(*keyword));
    match schema.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) => {
            let mut names = names.iter().filter_map(Value::as_str);
            match names.clone().find(|name| *name != "null") {
                Some(name) if !(minimal && names.any(|name| name == "null")) => name,
                _ => "null",
            }
        }
        _ if has(&[
            "properties",
            "required",
            "additionalProperties",
            "patternProperties",
        ]) =>
        {
            "object"
        }
        _ if has(&["items", "prefixItems", "minItems"]) => "array",
        _ if has(&["minimum", "maximum", "multipleOf"]) => "number",
        // Anything is allowed, so use a string.
        _ => "string",
    }
}
