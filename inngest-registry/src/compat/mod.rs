//! Whether a change of a schema breaks anyone.

mod accepts;
mod changes;
mod demands;
mod empty;
mod node;
mod number;
mod objects;
mod prove;
mod view;
mod words;

use serde_json::{Map, Value, json};

use self::accepts::equal;

/// Whether one side can read what the other writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Whatever is written can be read.
    Compatible,
    /// Something that can be written cannot be read.
    Breaking,
    /// It cannot be told.
    Unknown,
}

/// What a change of a schema is, and for whom it breaks something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The place, such as `data.order.lines[].quantity`.
    pub path: String,
    /// What changed, such as "was optional and is now required".
    pub what: String,
    /// Whether readers of the new schema can read what was written by the old.
    pub backward: Verdict,
    /// Whether readers of the old schema can read what is written by the new.
    pub forward: Verdict,
    /// What to do instead, where there is something.
    pub fix: Option<String>,
}

/// How a schema differs from an older one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// Whether readers of the new schema can read what was written by the old.
    pub backward: Verdict,
    /// Whether readers of the old schema can read what is written by the new.
    pub forward: Verdict,
    /// The changes, in order of their paths.
    pub changes: Vec<Change>,
}

/// How content that a schema does not mention is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strictness {
    /// An optional property may be added: a writer that never wrote a property does not start to
    /// write another type under its name.
    #[default]
    Standard,
    /// As Confluent's schema registry decides: an optional property added to open content breaks.
    Strict,
}

/// Compares two schemas.
#[must_use]
pub fn compare(old: &Value, new: &Value, strictness: Strictness) -> Comparison {
    match (without_version(old), without_version(new)) {
        (Some(old), Some(new)) => changes::compare(&old, &new, strictness, true),
        _ => changes::compare(old, new, strictness, false),
    }
}

/// The schema of an event without its version, which differs by design; `None` for other schemas.
fn without_version(schema: &Value) -> Option<Value> {
    let properties = schema.get("properties")?;
    properties.get("name")?.get("const")?.as_str()?;
    properties.get("data")?;
    let mut schema = schema.clone();
    let properties = schema.get_mut("properties")?.as_object_mut()?;
    properties.remove("v");
    // The data of an event is a struct, even where it has no fields yet.
    if let Some(data) = properties.get_mut("data").and_then(Value::as_object_mut)
        && data.get("type") == Some(&json!("object"))
    {
        data.entry("properties")
            .or_insert(Value::Object(Map::new()));
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| name != "v");
    }
    Some(schema)
}
