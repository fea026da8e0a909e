//! Whether a change of a schema breaks anyone, whom, by which change, and what to do instead.
//!
//! ```
//! use inngest_registry::compat::{Strictness, Verdict, compare};
//! use serde_json::json;
//!
//! let old = json!({ "type": "object", "properties": { "quantity": { "type": "integer" } } });
//! let mut new = old.clone();
//! new["required"] = json!(["quantity"]);
//!
//! let comparison = compare(&old, &new, Strictness::Standard);
//! assert_eq!(comparison.backward, Verdict::Breaking);
//! assert_eq!(comparison.forward, Verdict::Compatible);
//! assert_eq!(comparison.changes[0].path, "quantity");
//! assert_eq!(comparison.changes[0].what, "was optional and is now required");
//! ```
//!
//! *Backward* asks whether readers of the new schema can read what was written by the old, such as
//! events that are stored or under way. *Forward* asks whether readers of the old schema, such as
//! functions that are not deployed yet, can read what the new one writes.
//!
//! # What a verdict means
//!
//! [`Verdict::Compatible`] is proved: every value that is written is accepted. The proof takes the
//! keywords of the reader one by one and shows that each follows from the writer's schema, through
//! references, unions and recursive types. [`Verdict::Breaking`] says that a keyword does not
//! follow; nearly always there is a value that is refused. [`Verdict::Unknown`] is the answer where
//! neither is shown: at references out of the document, `$dynamicRef`, some uses of `not`, `if`,
//! `contains` and `unevaluatedProperties`, `oneOf` whose branches overlap, and schemas that are too
//! large or too deep. Nothing of a schema makes [`compare`] panic or run without end.
//!
//! The verdict of the whole is that of its worst change. Where the place of a break is known and
//! no keyword of it is to blame alone, the change says "accepts other values than before".
//!
//! On random pairs of schemas as schemars writes them, and edits as programmers make them, no value
//! that is written was ever refused against a verdict of compatible; of the verdicts that said
//! breaking one in 13 (strict: one in 29) came without a value that is refused among 60 tried, and
//! one in 130 could not be told. Of enums of 10 to 30 variants all can be told. Tests measure these
//! figures.
//!
//! # Standard and strict
//!
//! [`Strictness::Strict`] decides as Confluent's schema registry does, by the schemas alone;
//! [`Strictness::Standard`] by what programs write and read that have them from Rust types:
//!
//! | change | standard | strict | why |
//! |---|---|---|---|
//! | an optional property is added to an object that is open | compatible | breaks backward | A JSON Schema is open unless it says otherwise, so the old one accepts any value under the new name. A struct writes the properties that it declares and no others. |
//! | a property is removed that is not required | compatible | breaks forward | The same, the other way round. |
//! | a property with a `default` becomes required | breaks backward | compatible | Confluent's readers fill it in; a validator does not. |
//! | a text gets a `format`, or another one | breaks | compatible | Not any text is a date, and a program refuses to read it. To a validator a format is an annotation. |
//! | the `format` of an integer is narrower, as `int32` for `int64` | breaks | compatible | An `i64` is not read as an `i32`. |
//!
//! That a writer keeps to the declared properties is relied on for objects that declare some and do
//! not say that there are others: maps and structs with a flattened map have their values in
//! `additionalProperties`, and an object schema without `properties` may be of anything, so these
//! may write any name. The data of an event is a struct, even where it has no fields.
//!
//! With Confluent's own examples for 2020-12 the strict verdict agrees in 124 of 126 cases. It does
//! not where a required property is exchanged for one that is not declared, which does break, and
//! where `oneOf` becomes `allOf` with the same single branch, which changes nothing.
//!
//! # Events
//!
//! When both schemas are of events, `v` is passed over, because it differs between versions by
//! design. Another `name` is another event and breaks both ways. An id of another template is a
//! change of its pattern and breaks both ways, too: within one version the ids of events that are
//! sent again would differ. A session that is added to a type breaks backward even where it is
//! optional, and so does a user: a payload could have any session and any user before.
//!
//! # Paths
//!
//! | path | place |
//! |---|---|
//! | `$` | the whole value |
//! | `data.order.total` | a property |
//! | `data["unit price"]` | a property whose name is not a word |
//! | `data.lines[].sku` | in every item of a list |
//! | `data.range[1]` | an item of a tuple |
//! | `data.prices{}` | in every value of a map |
//! | `data.payment<card>.last4` | in one variant of an enum |
//!
//! # Why not a library
//!
//! `jsoncompat` 0.5 and `json-schema-diff` 0.1.8 were tried first, on 14 edits of one event schema
//! with an enum, a map, a tuple and a recursive type, 13 directions of which break. `jsoncompat`
//! proved none of them: 12 were unknown, because the value that would show it is looked for at
//! random, and one was called compatible, because it takes the values of a map for undeclared
//! properties that are not written. Where it did not prove it took 34 ms, this module takes one;
//! and it brings 115 crates, among them `clap`, `fake` and a second `jsonschema`.
//! `json-schema-diff` sees draft 7 only, so that changes of variants and tuples are no changes, and
//! a recursive type overflows its stack, which ends the program.

mod accepts;
mod advice;
mod case;
mod change;
mod compare;
mod demands;
mod difference;
mod empty;
mod node;
mod number;
mod objects;
mod pattern;
mod places;
mod prove;
mod prover;
mod sameness;
mod summary;
mod types;
mod values;
mod variants;
mod verdict;
mod view;

use serde_json::{Map, Value, json};

pub use self::change::{Change, Comparison};
pub(crate) use self::difference::Subject;
pub use self::verdict::{Strictness, Verdict};

/// Compares two schemas of one event, or two that are no events.
///
/// Their dialect is JSON Schema 2020-12; tuples and dependencies of older drafts are understood,
/// too. References are resolved within each document.
#[must_use]
pub fn compare(old: &Value, new: &Value, strictness: Strictness) -> Comparison {
    if old == new {
        return Comparison {
            backward: Verdict::Compatible,
            forward: Verdict::Compatible,
            changes: Vec::new(),
        };
    }
    match (without_version(old), without_version(new)) {
        (Some(old), Some(new)) => compare::compare(&old, &new, strictness, true),
        _ => compare::compare(old, new, strictness, false),
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
