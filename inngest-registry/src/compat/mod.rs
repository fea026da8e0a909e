//! Tells whether a changed schema breaks anyone, whom, by which change, and what to do instead.
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
//! *Backward*: can readers of the new schema read what the old schema's writers wrote, such as stored
//! events? *Forward*: can readers of the old schema, such as functions that are not deployed yet, read
//! what the new schema's writers write?
//!
//! # What a verdict means
//!
//! [`Verdict::Compatible`] is proved: readers accept every value that is written. The proof takes the
//! reader's keywords one by one and shows that each follows from the writer's schema, through
//! references, unions and recursive types. [`Verdict::Breaking`] means that a keyword does not follow;
//! nearly always some value is refused. [`Verdict::Unknown`] means that neither was shown. That happens
//! with references out of the document, `$dynamicRef`, some uses of `not`, `if`, `contains` and
//! `unevaluatedProperties`, and `oneOf` with overlapping branches. A schema compared with itself is
//! always compatible.
//!
//! The work grows with the number of schemas, not with the paths through them. Only schemas that
//! combine unions in very many ways exceed the limit, and their verdict is unknown. No schema makes
//! [`compare`] panic or run forever.
//!
//! The verdict of a comparison is the verdict of its worst change. Where a place breaks and no single
//! keyword is to blame, the change says "accepts other values than before".
//!
//! Tests measure the verdicts on random schemas as schemars writes them, with typical edits. After a
//! compatible verdict, no value was refused. In one of 13 breaking verdicts (strict: one of 29), none
//! of 60 random values was refused. One verdict in 130 was unknown.
//!
//! # Standard and strict
//!
//! [`Strictness::Strict`] decides as Confluent's schema registry does, by the schemas alone;
//! [`Strictness::Standard`] decides by what programs write and read if their schemas come from Rust
//! types:
//!
//! | change | standard | strict | why |
//! |---|---|---|---|
//! | an optional property is added to an open object | compatible | breaks backward | A JSON Schema is open unless it says otherwise, so the old one accepts any value under the new name. A struct writes the properties that it declares and no others. |
//! | an optional property is removed | compatible | breaks forward | The same, the other way round. |
//! | a property with a `default` becomes required | breaks backward | compatible | Confluent's readers fill it in; a validator does not. |
//! | a string gets a `format`, or a different one | breaks | compatible | Not every text is a date, and a program refuses text that is not. To a validator a format is an annotation. |
//! | the `format` of an integer gets narrower: `int64` becomes `int32` | breaks | compatible | A program that expects an `i32` refuses larger numbers. |
//!
//! A writer is expected to write declared properties only, if its schema declares some and does not
//! mention others. Maps, and structs with a flattened map, describe their values in
//! `additionalProperties`, and an object schema without `properties` may describe anything: these may
//! write any name. The data of an event is always a struct, even without fields.
//!
//! With Confluent's own examples for 2020-12, the strict verdict agrees in 124 of 126 cases. The other
//! two: exchanging a required property for one that is not declared does break, and turning `oneOf`
//! into `allOf` with the same single branch changes nothing.
//!
//! # Events
//!
//! If both schemas describe events, `v` is ignored, because it differs between versions by design.
//! Another `name` is another event and breaks both ways. Another id template changes the pattern of
//! `id` and breaks both ways too: a resent event would get another id. A new session breaks backward
//! even if it is optional, and so does a new user, because payloads could have any session and any user
//! before.
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
//! `jsoncompat` 0.5 and `json-schema-diff` 0.1.8 were tried first, on 14 edits of one event schema.
//! `jsoncompat` searches for a counterexample at random: it could not tell 12 of 13 breaks, called one
//! compatible, and brings 115 crates. `json-schema-diff` knows draft 7 only, and a recursive type
//! overflows its stack.

// How a verdict comes about, and the files in reading order.
//
// 1. `compare` walks through both schemas side by side, from the root to the parts. `view` and
//    `variants` say which parts belong together.
// 2. At each place it asks the prover for two verdicts: the new reader on the old writer, and the
//    reverse. It also notes each `difference`, with the verdict on just that piece.
// 3. The question is a claim: a reader accepts all values of a `case`, a set of schemas that hold at the
//    same time. `node` is one schema; `types`, `number`, `values` and `pattern` are what it says.
// 4. The `prover` judges each claim once. It keeps the verdict, and assumes claims about parts until
//    they are refuted, because types may be recursive.
// 5. `judge` reaches the verdict on one claim. If the case is empty (`empty`), nothing can be refused.
//    If its values can be listed, each is checked (`accepts`). Otherwise the case is split by its
//    unions (`unions`) and types, until the keywords of the reader can be taken one by one.
// 6. `judge::demand` lists the rule of each keyword. The rules for single values are in `scalars`, the
//    others in `arrays` and `objects`. A rule looks at the reader's keyword and at the facts about the
//    case, and asks the prover about the parts of the values.
// 7. Shortcuts keep this fast: the same schema on both sides (`sameness`), and schemas whose
//    summaries are disjoint (`summary`).
// 8. `places` collects the differences, makes their verdicts agree with the verdicts on the places, and
//    returns the `change`s.

mod accepts;
mod arrays;
mod case;
mod change;
mod compare;
mod difference;
mod empty;
mod judge;
mod node;
mod number;
mod objects;
pub(crate) mod pattern;
mod places;
mod prover;
mod sameness;
mod scalars;
mod summary;
mod types;
mod unions;
mod values;
mod variants;
mod verdict;
mod view;

use serde_json::{Map, Value, json};

pub use self::change::{Change, Comparison};
pub(crate) use self::difference::Subject;
pub use self::verdict::{Strictness, Verdict};

/// Compares two schemas, of events or of anything else.
///
/// The dialect is JSON Schema 2020-12; tuples and dependencies of older drafts are understood too. If a
/// schema declares a draft before 2019-09, nothing follows from keywords beside its `$ref`s. References are
/// resolved within each document.
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

/// The schema of an event without its version, which differs by design. `None` if the schema does not
/// describe an event.
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
