//! Event types with invalid, reserved or conflicting identifiers as names.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

use super::Odd;

/// Ends its comment early: */ export const injected = 1; /*
///
/// And has a `${template}`, a \backslash and "quotes".
#[derive(Default, Serialize, JsonSchema, Event)]
#[event(
    name = "odd/names.fields",
    id = "names-fields-{type}*/-{class}",
    version = "2026-11-21.1"
)]
struct Fields {
    r#type: u32,
    class: u32,
    #[serde(rename = "with-dash")]
    dash: u8,
    #[serde(rename = "with space")]
    space: u8,
    #[serde(rename = "")]
    empty: u8,
    #[serde(rename = "1")]
    number: u8,
    #[serde(rename = "it's \"quoted\" \\ \n")]
    quoted: u8,
    #[serde(rename = "größe")]
    size: u8,
    #[serde(rename = "constructor")]
    constructor: u8,
    #[serde(rename = "__proto__x")]
    proto: u8,
    #[serde(rename = "$ref")]
    reference: RefType,
    #[serde(rename = "$defs")]
    defs: u8,
    #[serde(rename = "new")]
    new: u8,
    #[serde(rename = "get")]
    get: u8,
    #[serde(rename = "readonly")]
    readonly: u8,
}

/// A type with a property called `properties`.
#[derive(Default, Serialize, JsonSchema)]
struct RefType {
    properties: u8,
    required: bool,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Default, Serialize, JsonSchema, Event)]
#[event(name = "odd/event.type", version = "2026-11-21.1")]
struct EventTypeEvent {
    a: string,
    b: Array,
    c: Record,
    d: Delete,
    e: Größe,
    f: OddSpaces,
    g: EventTypeData,
}

#[derive(Default, Serialize, JsonSchema)]
#[expect(non_camel_case_types, reason = "tests a reserved name")]
struct string {
    length: u8,
}

#[derive(Default, Serialize, JsonSchema)]
struct Array {
    items: Vec<Array>,
}

#[derive(Default, Serialize, JsonSchema)]
struct Record {
    key: Option<Box<Record>>,
}

#[derive(Default, Serialize, JsonSchema)]
#[schemars(rename = "delete")]
struct Delete {
    x: u8,
}

#[derive(Default, Serialize, JsonSchema)]
struct Größe {
    x: u8,
}

#[derive(Default, Serialize, JsonSchema)]
#[schemars(rename = "odd spaces/and ~more")]
struct OddSpaces {
    x: u8,
}

/// Has the same name as the data type of the event.
#[derive(Default, Serialize, JsonSchema)]
struct EventTypeData {
    x: u8,
}

/// The last part of the name is a reserved word, and there is no version.
#[derive(Default, Serialize, JsonSchema, Event)]
#[event(name = "odd/delete")]
struct Reserved {}

/// One of three events with the same name without the prefix.
#[derive(Default, Serialize, JsonSchema, Event)]
#[event(name = "odd/same.name")]
struct SameA {
    a: u8,
}

/// Differs from the first only in the prefix.
#[derive(Default, Serialize, JsonSchema, Event)]
#[event(name = "even/same.name")]
struct SameB {
    b: u8,
}

/// Differs from the first only in the dash.
#[derive(Default, Serialize, JsonSchema, Event)]
#[event(name = "odd/same-name")]
struct SameC {
    c: u8,
}

/// The name and version need `allow`.
#[derive(Default, Serialize, JsonSchema, Event)]
#[event(
    name = "odd/{braces}\"and\"#?*/",
    version = "v*/1 \"x\"",
    allow(nonstandard_name, nonstandard_version)
)]
struct Nonstandard {
    a: u8,
}

/// The user and the sessions are not part of the data.
#[derive(Default, Serialize, JsonSchema, Event)]
#[event(
    name = "odd/names.meta",
    id = "names-meta-{id}",
    version = "2026-11-21.1"
)]
struct Meta {
    id: u32,
    #[event(user)]
    #[serde(skip)]
    user: Option<User>,
    #[event(session)]
    #[serde(skip)]
    cart: String,
    #[event(session = "visit-number")]
    #[serde(skip)]
    visit: Option<u32>,
}

#[derive(Default, Serialize, JsonSchema)]
struct User {
    external_id: String,
    address: Option<Address>,
}

#[derive(Default, Serialize, JsonSchema)]
struct Address {
    street: String,
}

/// The name has white space, as in Segment's convention.
#[derive(Default, Serialize, JsonSchema, Event)]
#[event(
    name = "odd/Order Completed",
    id = "Order Completed-{order}",
    version = "2026-11-21.1",
    allow(nonstandard_name)
)]
struct Spaced {
    order: u8,
}

/// The name has Unicode white space, also at its end.
#[derive(Default, Serialize, JsonSchema, Event)]
#[event(
    name = "odd/\u{2028}Order\u{a0}Placed\u{3000} ",
    allow(nonstandard_name)
)]
struct OddlySpaced {
    #[event(id)]
    order: u8,
}

pub(crate) fn add(odd: &mut Odd) {
    odd.add([Fields {
        r#type: 1,
        class: 2,
        ..Fields::default()
    }]);
    odd.add([EventTypeEvent::default()]);
    odd.add([Reserved {}]);
    odd.add([SameA::default()]);
    odd.add([SameB::default()]);
    odd.add([SameC::default()]);
    odd.add([Nonstandard::default()]);
    odd.add([Spaced::default()]);
    odd.add([OddlySpaced::default()]);
    odd.add([
        Meta {
            cart: "c".into(),
            ..Meta::default()
        },
        Meta {
            user: Some(User {
                external_id: "1".into(),
                address: Some(Address::default()),
            }),
            cart: "c".into(),
            visit: Some(1),
            ..Meta::default()
        },
    ]);
}
