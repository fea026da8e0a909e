//! Resolves each `$ref` of a document.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// What a reference refers to.
pub(super) enum Target<'a> {
    /// A named definition.
    Definition(String, &'a Value),
    /// Any other place in the document.
    Place(&'a Value),
}

/// Where documents keep definitions: JSON Schema since 2019-09 and before, `OpenAPI` and `AsyncAPI`.
const FOLDERS: [&str; 3] = ["/$defs/", "/definitions/", "/components/schemas/"];

pub(super) fn resolve<'a>(document: &'a Value, reference: &str) -> Option<Target<'a>> {
    let pointer = percent_decode_str(reference.strip_prefix('#')?)
        .decode_utf8()
        .ok()?;
    let target = document.pointer(&pointer)?;
    let name = FOLDERS
        .iter()
        .find_map(|folder| pointer.strip_prefix(folder));
    Some(match name.filter(|name| !name.contains('/')) {
        Some(name) => Target::Definition(
            name.replace("~1", "/").replace("~0", "~"),
            definition(target),
        ),
        None => Target::Place(target),
    })
}

/// `AsyncAPI` wraps a schema that names its format.
fn definition(target: &Value) -> &Value {
    match target.get("schema") {
        Some(schema) if target.get("schemaFormat").is_some() => schema,
        _ => target,
    }
}

/// The text of a definition and of everything it refers to. Definitions of two documents with the same
/// name and content become one type.
pub(super) fn content(document: &Value, schema: &Value) -> String {
    let mut text = schema.to_string();
    for (reference, target) in reached(document, schema) {
        // Writing to a `String` does not fail.
        let _ = write!(text, "\n{reference} {target}");
    }
    text
}

/// Whether a definition leads back to itself.
pub(super) fn is_recursive(document: &Value, schema: &Value) -> bool {
    let mut reached = reached(document, schema).into_values();
    reached.any(|target| std::ptr::eq(target, schema))
}

/// The definitions that a schema refers to, directly or through others.
fn reached<'a>(document: &'a Value, schema: &'a Value) -> BTreeMap<String, &'a Value> {
    let mut reached = BTreeMap::new();
    let mut open = vec![schema];
    while let Some(schema) = open.pop() {
        each_reference(schema, &mut |reference| {
            if let Some(Target::Definition(_, target)) = resolve(document, reference)
                && reached.insert(reference.to_owned(), target).is_none()
            {
                open.push(target);
            }
        });
    }
    reached
}

fn each_reference<'a>(value: &'a Value, visit: &mut impl FnMut(&'a str)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| each_reference(item, visit)),
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(reference) if key == "$ref" => visit(reference),
                    other => each_reference(other, visit),
                }
            }
        }
        _ => {}
    }
}

/// A schema with its references at the top replaced by what they refer to.
pub(super) fn without_reference(document: &Value, schema: &Value) -> Option<Map<String, Value>> {
    let mut object = schema.as_object()?.clone();
    for _ in 0..16 {
        let Some(Value::String(reference)) = object.remove("$ref") else {
            return Some(object);
        };
        let (Target::Definition(_, target) | Target::Place(target)) =
            resolve(document, &reference)?;
        for (key, value) in target.as_object()? {
            object.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    None
}
