//! Checks of scaffolded types. This file is part of the crate that the test writes, next to the types.

use inngest_core::Event;
use inngest_core::registry::Registry;
use inngest_registry::Catalogue;
use inngest_registry::compat::{Strictness, Verdict, compare};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// The events of a file, as the key of their type and their data.
pub fn samples(path: &str) -> Vec<(String, Option<String>, Value)> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| event.get(key).and_then(Value::as_str).map(str::to_owned);
        (text("name").unwrap(), text("v"), event["data"].clone())
    });
    lines.collect()
}

/// Reads and writes data, which must stay equal.
pub fn round_trip<E: Serialize + DeserializeOwned>(data: &Value) {
    assert_eq!(written::<E>(data), *data);
}

/// Reads and writes data, which must stay equal but for how numbers are written and for members that
/// are `null`.
pub fn similar<E: Serialize + DeserializeOwned>(data: &Value) {
    let written = written::<E>(data);
    assert!(are_similar(&written, data), "{data} became {written}");
}

fn written<E: Serialize + DeserializeOwned>(data: &Value) -> Value {
    let event: E = serde_json::from_value(data.clone())
        .unwrap_or_else(|error| panic!("{error} in {data}"));
    serde_json::to_value(event).unwrap()
}

fn are_similar(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| are_similar(a, b))
        }
        (Value::Object(a), Value::Object(b)) => a.keys().chain(b.keys()).all(|key| {
            let of = |object: &Map<String, Value>| object.get(key).cloned().unwrap_or_default();
            are_similar(&of(a), &of(b))
        }),
        _ => a == b,
    }
}

/// Prints the changes between the schema in a file and the schema of the type that could break a
/// reader.
pub fn print_changes<E: Event>(name: &str, path: &str) {
    let old: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let catalogue = Catalogue::of(&Registry::new().with::<E>());
    let new = catalogue.iter().next().unwrap().schema.clone();
    let data = |schema: &Value| {
        let mut data = schema["properties"]["data"].clone();
        data["$defs"] = schema.get("$defs").cloned().unwrap_or_default();
        data
    };
    for change in compare(&data(&old), &data(&new), Strictness::Standard).changes {
        if [change.backward, change.forward] != [Verdict::Compatible; 2] {
            println!("{name}: `{}`: {}", change.path, change.what);
        }
    }
}
