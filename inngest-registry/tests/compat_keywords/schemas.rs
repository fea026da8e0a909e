//! Random schemas and edits of them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::values::Values;

const NAMES: [&str; 4] = ["a", "b", "ab", "é"];
const PATTERNS: [&str; 7] = ["^a", "b$", "^[ab]+$", "^.$", "^\\w+$", "é|b", "\\d"];
const TYPES: [&str; 7] = [
    "null", "boolean", "integer", "number", "string", "array", "object",
];
/// Keywords that hold a schema.
const ONE: [&str; 10] = [
    "additionalProperties",
    "propertyNames",
    "unevaluatedProperties",
    "items",
    "contains",
    "unevaluatedItems",
    "not",
    "if",
    "then",
    "else",
];
const LISTS: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
const MAPS: [&str; 3] = ["properties", "patternProperties", "dependentSchemas"];
/// The keywords for properties and items that nothing else describes.
const RESTS: [&str; 4] = [
    "additionalProperties",
    "unevaluatedProperties",
    "items",
    "unevaluatedItems",
];
/// The keywords whose schemas apply to the same value.
const IN_PLACE: [&str; 9] = [
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "$ref",
];

const REFERENCES: [&str; 5] = [
    "#/$defs/A",
    "#/$defs/B",
    "#/$defs/A/properties/a",
    "#/$defs/B/items",
    "#",
];

fn choose<T: Copy + std::fmt::Debug + 'static>(list: &[T]) -> impl Strategy<Value = T> + use<T> {
    prop::sample::select(list.to_vec())
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => (-2_i64..4).prop_map(Value::from),
        2 => choose(&[0.5, 1.5, -0.5, 2.0]).prop_map(Value::from),
        1 => choose(&[(1_i64 << 53) - 1, 1 << 53, (1 << 53) + 1]).prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number(),
        choose(&["", "a", "b", "ab", "é", "a1", "2026-11-21"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(1, 4, 2, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((choose(&NAMES), inner), 0..3).prop_map(object),
        ]
    })
}

fn object(members: Vec<(&'static str, Value)>) -> Value {
    let members = members.into_iter();
    let members = members.map(|(key, value)| (key.to_owned(), value));
    Value::Object(members.collect::<Map<_, _>>())
}

fn assertion() -> impl Strategy<Value = (&'static str, Value)> {
    let bounds = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
    let counts = [
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "minContains",
        "maxContains",
    ];
    let names = || prop::sample::subsequence(&NAMES[..], 0..3);
    prop_oneof![
        4 => choose(&TYPES).prop_map(|name| ("type", json!(name))),
        1 => prop::sample::subsequence(TYPES.to_vec(), 1..4).prop_map(|all| ("type", json!(all))),
        2 => (choose(&bounds), number()),
        1 => choose(&[1.0, 2.0, 3.0, 0.5, 1.5])
            .prop_map(|unit| ("multipleOf", json!(unit))),
        4 => (choose(&counts), 0_i64..4).prop_map(|(key, n)| (key, json!(n))),
        1 => value().prop_map(|value| ("const", value)),
        1 => prop::collection::vec(value(), 1..4).prop_map(|values| ("enum", json!(values))),
        2 => choose(&PATTERNS).prop_map(|pattern| ("pattern", json!(pattern))),
        1 => any::<bool>().prop_map(|unique| ("uniqueItems", json!(unique))),
        3 => names().prop_map(|names| ("required", json!(names))),
        1 => (choose(&NAMES), names()).prop_map(|(name, names)| ("dependentRequired", json!({ name: names }))),
        2 => choose(&REFERENCES).prop_map(|to| ("$ref", json!(to))),
        1 => choose(&["date", "ipv4"]).prop_map(|format| ("format", json!(format))),
    ]
}

fn keyword(
    schema: impl Strategy<Value = Value> + Clone + 'static,
) -> impl Strategy<Value = (&'static str, Value)> {
    let list = prop::collection::vec(schema.clone(), 1..3).prop_map(Value::from);
    let properties = prop::collection::vec((choose(&NAMES), schema.clone()), 1..4);
    let patterns = prop::collection::vec((choose(&PATTERNS), schema.clone()), 1..3);
    let map = prop::collection::vec((choose(&NAMES), schema.clone()), 1..3);
    prop_oneof![
        4 => assertion(),
        3 => (choose(&ONE), schema),
        3 => (choose(&LISTS), list),
        3 => properties.prop_map(|members| ("properties", object(members))),
        1 => patterns.prop_map(|members| ("patternProperties", object(members))),
        1 => map.prop_map(|members| ("dependentSchemas", object(members))),
    ]
}

pub(crate) fn schema() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(Value::from),
        4 => prop::collection::vec(assertion(), 0..3).prop_map(object),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop::collection::vec(keyword(inner), 1..4).prop_map(object)
    })
}

pub(crate) fn document() -> impl Strategy<Value = Value> {
    (schema(), schema(), schema()).prop_map(|(root, a, b)| {
        let mut document = match root {
            Value::Object(_) => root,
            other => json!({ "allOf": [other] }),
        };
        document["$defs"] = json!({ "A": a, "B": b });
        document
    })
}

/// One edit of a document.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    place: usize,
    kind: usize,
    index: usize,
    keyword: (&'static str, Value),
    schema: Value,
}

pub(crate) fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = (
        any::<usize>(),
        any::<usize>(),
        any::<usize>(),
        keyword(schema()),
        schema(),
    );
    let edit = edit.prop_map(|(place, kind, index, keyword, schema)| Edit {
        place,
        kind,
        index,
        keyword,
        schema,
    });
    prop::collection::vec(edit, 1..4)
}

pub(crate) fn edited(document: &Value, edits: &[Edit]) -> Value {
    let mut document = document.clone();
    for edit in edits {
        let mut count = 0;
        each(&mut document, &mut |_| count += 1);
        let mut place = edit.place % count;
        each(&mut document, &mut |schema| {
            if place == 0 {
                apply(edit, schema);
            }
            place = place.wrapping_sub(1);
        });
        if !document.is_object() {
            document = json!({ "allOf": [document] });
        }
        for name in ["A", "B"] {
            if document.pointer(&format!("/$defs/{name}")).is_none() {
                document["$defs"][name] = json!(true);
            }
        }
    }
    document
}

fn apply(edit: &Edit, schema: &mut Value) {
    let definitions = schema.as_object_mut().and_then(|own| own.remove("$defs"));
    let key = schema.as_object().and_then(|own| {
        let index = edit.index % own.len().max(1);
        own.keys().nth(index).cloned()
    });
    let whole = schema.clone();
    let step = if edit.index.is_multiple_of(2) { 1 } else { -1 };
    match (edit.kind % 10, schema.as_object_mut(), key) {
        (0, Some(own), Some(key)) => {
            own.remove(&key);
        }
        (1 | 2, Some(own), _) => {
            own.insert(edit.keyword.0.to_owned(), edit.keyword.1.clone());
        }
        (3, Some(own), Some(key)) => {
            if let Some(number) = own.get_mut(&key).filter(|value| value.is_u64()) {
                let changed = number.as_i64().unwrap_or_default() + step;
                if changed > 0 {
                    *number = json!(changed);
                }
            } else if let Some(Value::Array(list)) =
                own.get_mut(&key).filter(|_| key != "type" && key != "enum")
            {
                list.reverse();
            }
        }
        (4, ..) => *schema = json!({ "anyOf": [whole, edit.schema] }),
        (5, ..) => *schema = json!({ "oneOf": [edit.schema, whole] }),
        (6, ..) => *schema = json!({ "allOf": [whole, edit.schema] }),
        (7, ..) => *schema = json!({ "not": { "not": whole } }),
        (8, ..) => *schema = json!({ "if": edit.schema, "then": whole }),
        _ => *schema = edit.schema.clone(),
    }
    if let Some(definitions) = definitions {
        if !schema.is_object() {
            *schema = json!({ "allOf": [schema.take()] });
        }
        schema["$defs"] = definitions;
    }
}

/// Visits each schema.
fn each(schema: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    visit(schema);
    let Value::Object(keywords) = schema else {
        return;
    };
    for (key, value) in keywords.iter_mut() {
        match value {
            Value::Array(list) if LISTS.contains(&key.as_str()) => {
                for schema in list {
                    each(schema, visit);
                }
            }
            Value::Object(map) if MAPS.contains(&key.as_str()) || key == "$defs" => {
                map.values_mut().for_each(|schema| each(schema, visit));
            }
            value if ONE.contains(&key.as_str()) => each(value, visit),
            _ => {}
        }
    }
}

/// Whether a schema refers to itself for the same value, which has no meaning.
pub(crate) fn has_loop(document: &Value) -> bool {
    fn reach(document: &Value, schema: &Value, found: &mut BTreeSet<String>) {
        for (key, value) in schema.as_object().into_iter().flatten() {
            match value {
                Value::String(to) if key == "$ref" => {
                    if found.insert(to.clone())
                        && let Some(target) = document.pointer(&to[1..])
                    {
                        reach(document, target, found);
                    }
                }
                Value::Array(list) if IN_PLACE.contains(&key.as_str()) => {
                    for schema in list {
                        reach(document, schema, found);
                    }
                }
                Value::Object(map) if key == "dependentSchemas" => {
                    map.values()
                        .for_each(|schema| reach(document, schema, found));
                }
                value if IN_PLACE.contains(&key.as_str()) => reach(document, value, found),
                _ => {}
            }
        }
    }
    REFERENCES.iter().any(|reference| {
        let mut found = BTreeSet::new();
        if let Some(schema) = document.pointer(&reference[1..]) {
            reach(document, schema, &mut found);
        }
        found.contains(*reference)
    })
}

/// A schema of values that a program with this schema may write: with one branch of each union, and with
/// declared properties only.
pub(crate) fn closed(document: &Value, values: &mut Values) -> Value {
    let mut own = inner(document, values);
    let known = own.as_object_mut().unwrap().remove("$defs").unwrap();
    let mut root = document.clone();
    root.as_object_mut().unwrap().remove("$defs");
    let mut definitions = Map::from_iter([("open".to_owned(), open(&root))]);
    for (name, schema) in known.as_object().unwrap() {
        definitions.insert(name.clone(), inner(schema, values));
        definitions.insert(format!("open{name}"), open(schema));
    }
    let mut closed = position(&own);
    closed["$defs"] = definitions.into();
    closed
}

/// A schema as it was, in the document of closed ones.
fn open(schema: &Value) -> Value {
    let text = schema.to_string().replace("#/$defs/", "#/$defs/open");
    let text = text.replace("\"#\"", "\"#/$defs/open\"");
    serde_json::from_str(&text).unwrap()
}

/// Closes the schema of a value.
fn position(schema: &Value) -> Value {
    match schema {
        Value::Object(own) if !own.is_empty() => {
            json!({ "allOf": [schema], "unevaluatedProperties": false })
        }
        Value::Object(_) | Value::Bool(true) => json!({}),
        _ => json!({ "not": {} }),
    }
}

/// Closes the schemas of the parts of a value.
fn inner(schema: &Value, values: &mut Values) -> Value {
    let Value::Object(own) = schema else {
        return schema.clone();
    };
    let mut changed = Map::new();
    for (key, value) in own {
        let mut part = |schema: &Value| position(&inner(schema, values));
        let value = match (key.as_str(), value) {
            ("properties" | "patternProperties", Value::Object(map)) => map
                .iter()
                .map(|(name, schema)| (name.clone(), part(schema)))
                .collect::<Map<_, _>>()
                .into(),
            (key, value) if RESTS.contains(&key) && !value.is_boolean() => part(value),
            ("prefixItems", Value::Array(list)) => list.iter().map(part).collect(),
            ("anyOf" | "oneOf", Value::Array(list)) => {
                let index = values.random.below(list.len());
                let branch = &list[index];
                let all = changed.entry("allOf").or_insert_with(|| json!([]));
                let all = all.as_array_mut().unwrap();
                all.extend([inner(branch, values), open(branch)]);
                continue;
            }
            ("allOf", Value::Array(list)) => {
                let all = changed.entry("allOf").or_insert_with(|| json!([]));
                for schema in list {
                    let schema = inner(schema, values);
                    all.as_array_mut().unwrap().push(schema);
                }
                continue;
            }
            _ => value.clone(),
        };
        changed.insert(key.clone(), value);
    }
    changed.into()
}
