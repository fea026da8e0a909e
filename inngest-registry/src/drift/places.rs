//! Lists the places of a schema, where the values of an event can be.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::place::{Field, Place};
use crate::reference::{definition_name, definitions_of};
use crate::walk::{has_type, list, property};

/// Once a schema has this many places, all further uses of a definition share one place.
const SHARE_AFTER: usize = 2_000;

/// The places under these members of an event. The first place is the event itself.
pub(super) fn places(schema: &Value, members: &[&str]) -> Vec<Place> {
    let mut builder = Builder {
        root: schema,
        recursive: recursive_definitions(schema),
        places: vec![Place::default()],
        shared: HashMap::new(),
    };
    for member in members {
        if let Some(schema) = schema.pointer(&format!("/properties/{member}")) {
            let place = builder.place(member, &[schema]);
            let is_seen = false;
            let field = Field { place, is_seen };
            if let Some(event) = builder.places.first_mut() {
                event.fields.insert((*member).to_owned(), field);
            }
        }
    }
    builder.places
}

/// Builds the places of a schema.
struct Builder<'a> {
    root: &'a Value,
    /// The definitions that contain themselves.
    recursive: HashSet<String>,
    places: Vec<Place>,
    /// The places that can be shared, by the schemas that decide which fields they have.
    shared: HashMap<Vec<*const Map<String, Value>>, usize>,
}

/// The schemas that apply to one value.
#[derive(Default)]
struct Schemas<'a> {
    objects: Vec<&'a Map<String, Value>>,
    visited: HashSet<*const Value>,
    definitions: HashSet<String>,
    /// Whether the schema `true` is among them.
    is_open: bool,
}

impl<'a> Builder<'a> {
    /// The place of the values that all these schemas describe.
    fn place(&mut self, path: &str, schemas: &[&'a Value]) -> usize {
        let mut all = Schemas::default();
        for schema in schemas {
            self.collect(schema, &mut all);
        }
        let deciding = all.objects.iter().filter(|object| decides(object));
        let mut key: Vec<_> = deciding.map(|object| std::ptr::from_ref(*object)).collect();
        key.sort_unstable();
        let is_recursive = !self.recursive.is_disjoint(&all.definitions);
        if (is_recursive || self.places.len() > SHARE_AFTER)
            && let Some(place) = self.shared.get(&key)
        {
            return *place;
        }
        let id = self.places.len();
        self.shared.entry(key).or_insert(id);
        self.places.push(Place {
            path: path.to_owned(),
            ..Place::default()
        });
        let mut place = self.build(path, &all.objects);
        place.is_open |= all.is_open;
        if let Some(built) = self.places.get_mut(id) {
            *built = place;
        }
        id
    }

    fn build(&mut self, path: &str, schemas: &[&'a Map<String, Value>]) -> Place {
        let mut fields: BTreeMap<&str, Vec<&'a Value>> = BTreeMap::new();
        let (mut rest, mut items) = (Vec::new(), Vec::new());
        let mut tuple: Vec<Vec<&'a Value>> = Vec::new();
        let mut place = Place {
            path: path.to_owned(),
            ..Place::default()
        };
        for schema in schemas {
            for (name, schema) in members(schema, "properties") {
                fields.entry(name).or_default().push(schema);
            }
            rest.extend(members(schema, "patternProperties").map(|(_, schema)| schema));
            let others = schema.get("additionalProperties");
            rest.extend(others.filter(|others| **others != Value::Bool(false)));
            for (index, item) in list(schema, "prefixItems").iter().enumerate() {
                if tuple.len() <= index {
                    tuple.resize(index + 1, Vec::new());
                }
                if let Some(schemas) = tuple.get_mut(index) {
                    schemas.push(item);
                }
            }
            items.extend(schema.get("items"));
            place.is_open |= is_open(schema);
            place.types.extend(types(schema));
            place.keywords.extend(schema.keys().cloned());
        }
        for (name, schemas) in fields {
            let field = Field {
                place: self.place(&property(path, name), &schemas),
                is_seen: false,
            };
            place.fields.insert(name.to_owned(), field);
        }
        for (index, schemas) in tuple.iter().enumerate() {
            let item = self.place(&format!("{path}[{index}]"), schemas);
            place.tuple.push(item);
        }
        if !rest.is_empty() {
            place.rest = Some(self.place(&format!("{path}{{}}"), &rest));
        }
        if !items.is_empty() {
            place.items = Some(self.place(&format!("{path}[]"), &items));
        }
        place
    }

    /// Collects a schema and everything that it refers to or combines. All alternatives count, because a
    /// value may have the fields of any of them.
    fn collect(&self, schema: &'a Value, all: &mut Schemas<'a>) {
        if !all.visited.insert(std::ptr::from_ref(schema)) {
            return;
        }
        let Value::Object(object) = schema else {
            all.is_open |= *schema == Value::Bool(true);
            return;
        };
        all.objects.push(object);
        if let Some(target) = object.get("$ref").and_then(Value::as_str) {
            all.definitions.extend(definition_name(object));
            let pointer = target.strip_prefix('#').unwrap_or_default();
            let pointer = percent_decode_str(pointer).decode_utf8_lossy();
            if let Some(target) = self
                .root
                .pointer(&pointer)
                .filter(|_| target.starts_with('#'))
            {
                self.collect(target, all);
            }
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for schema in list(object, keyword) {
                self.collect(schema, all);
            }
        }
        for keyword in ["then", "else"] {
            if let Some(schema) = object.get(keyword) {
                self.collect(schema, all);
            }
        }
    }
}

fn members<'a>(
    schema: &'a Map<String, Value>,
    keyword: &str,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let members = schema.get(keyword).and_then(Value::as_object).into_iter();
    members.flat_map(|members| members.iter().map(|(name, schema)| (name.as_str(), schema)))
}

/// The types of the values that are not `null`.
fn types(schema: &Map<String, Value>) -> Vec<String> {
    let types = match schema.get("type") {
        Some(Value::Array(types)) => types.as_slice(),
        Some(only) => std::slice::from_ref(only),
        None => &[],
    };
    let names = types.iter().filter_map(Value::as_str);
    names
        .filter(|name| *name != "null")
        .map(str::to_owned)
        .collect()
}

/// Whether a schema decides which fields or items a value may have.
fn decides(schema: &Map<String, Value>) -> bool {
    let keywords = [
        "properties",
        "patternProperties",
        "additionalProperties",
        "prefixItems",
        "items",
    ];
    is_open(schema) || keywords.iter().any(|keyword| schema.contains_key(*keyword))
}

/// Whether a schema accepts objects and says nothing about their fields.
fn is_open(schema: &Map<String, Value>) -> bool {
    const LIMITS: [&str; 11] = [
        "properties",
        "patternProperties",
        "additionalProperties",
        "$ref",
        "allOf",
        "anyOf",
        "oneOf",
        "if",
        "enum",
        "const",
        "not",
    ];
    (!schema.contains_key("type") || has_type(schema, "object"))
        && LIMITS.iter().all(|keyword| !schema.contains_key(*keyword))
}

/// The definitions that contain themselves, directly or through others.
fn recursive_definitions(schema: &Value) -> HashSet<String> {
    let Some(definitions) = schema.get("$defs").and_then(Value::as_object) else {
        return HashSet::new();
    };
    let direct: HashMap<&String, BTreeSet<String>> = definitions
        .iter()
        .map(|(name, schema)| (name, definitions_of(schema)))
        .collect();
    let reaches_itself = |name: &&String| {
        let mut queue: Vec<&String> = direct.get(name).into_iter().flatten().collect();
        let mut visited = HashSet::new();
        while let Some(next) = queue.pop() {
            if next == *name {
                return true;
            }
            if visited.insert(next) {
                queue.extend(direct.get(next).into_iter().flatten());
            }
        }
        false
    };
    let recursive = definitions.keys().filter(reaches_itself);
    recursive.cloned().collect()
}
