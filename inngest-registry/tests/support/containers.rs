//! Event types with maps, tuples, arrays, options, recursion, generics and arbitrary JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};

use inngest_core::{Event, OptionAsString};
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use serde_json::{Value, json};

use super::Odd;

/// Maps with each kind of key.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "odd/containers.maps", version = "2026-11-21.1")]
struct Maps {
    by_text: BTreeMap<String, Point>,
    by_number: BTreeMap<u16, String>,
    by_signed: BTreeMap<i16, Vec<u8>>,
    nested: BTreeMap<String, BTreeMap<String, Option<bool>>>,
}

#[derive(Clone, Default, Serialize, JsonSchema)]
struct Point(f64, f64);

/// The flattened map has values of another type than the named field.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "odd/containers.open", version = "2026-11-21.1")]
struct Open {
    id: String,
    #[serde(flatten)]
    counts: BTreeMap<String, u32>,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "odd/containers.open_to_all", version = "2026-11-21.1")]
struct OpenToAll {
    id: String,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// Lists, sets, tuples and arrays.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "odd/containers.lists", version = "2026-11-21.1")]
struct Lists {
    list: Vec<Option<u32>>,
    set: BTreeSet<String>,
    pair: (u8, String),
    nested: ((i32,), [bool; 2]),
    three: [Point; 3],
    hash: Hash,
    none: [u8; 0],
    unit: (),
    unit_struct: UnitStruct,
    newtype: Newtype,
}

#[derive(Serialize, JsonSchema)]
struct Hash([u8; 32]);

#[derive(Serialize, JsonSchema)]
struct UnitStruct;

#[derive(Serialize, JsonSchema)]
struct Newtype(Box<str>);

/// Fields that may be `null`, absent or deprecated.
#[derive(Default, Serialize, JsonSchema, Event)]
#[event(name = "odd/containers.options", version = "2026-11-21.1")]
struct Options {
    nullable: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<String>,
    #[serde(default)]
    defaulted: u8,
    reference: Option<Box<Newtype>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    list: Vec<u8>,
    #[expect(clippy::option_option, reason = "tests nested options")]
    twice: Option<Option<u8>>,
    #[serde(skip)]
    _never_sent: u8,
    #[deprecated = "use `nullable`"]
    old: Option<u8>,
}

/// Types that contain themselves: a tree, a linked list and JSON.
#[derive(Clone, Serialize, JsonSchema, Event)]
#[event(name = "odd/containers.recursive", version = "2026-11-21.1")]
struct Recursive {
    name: String,
    children: Vec<Recursive>,
    list: Option<Box<Cons>>,
    json: Json,
}

#[derive(Clone, Serialize, JsonSchema)]
struct Cons(u8, Option<Box<Cons>>);

#[derive(Clone, Serialize, JsonSchema)]
#[serde(untagged)]
enum Json {
    Null,
    Bool(bool),
    Text(String),
    List(Vec<Json>),
    Map(BTreeMap<String, Json>),
}

/// Generic types with several arguments.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "odd/containers.generic", version = "2026-11-21.1")]
struct Generic<T> {
    items: Page<T>,
    pages: Page<Page<Option<T>>>,
    either: Result<T, String>,
    texts: Page<String>,
}

#[derive(Serialize, JsonSchema)]
struct Page<T> {
    items: Vec<T>,
    next: Option<u32>,
}

/// Numbers, strings and their formats.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "odd/containers.scalars", version = "2026-11-21.1")]
struct Scalars {
    wide: u64,
    signed: i64,
    wider: u128,
    #[serde(with = "inngest_core::AsString")]
    text: u64,
    #[serde(with = "OptionAsString")]
    maybe_text: Option<i64>,
    float: f64,
    character: char,
    flag: bool,
    #[schemars(extend("format" = "date-time"))]
    at: String,
    #[schemars(extend("format" = "uuid"))]
    key: String,
    address: IpAddr,
    #[schemars(extend("format" = "partial-time"))]
    opens: String,
    #[schemars(range(min = 1, max = 10), extend("examples" = [5]))]
    limited: u8,
}

/// Arbitrary JSON, a type without values, and handwritten schemas.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "odd/containers.by_hand", version = "2026-11-21.1")]
struct ByHand {
    any: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    never: Vec<Never>,
    #[schemars(schema_with = "constants")]
    constant: Value,
    #[schemars(schema_with = "mixed")]
    mixed: Value,
    #[schemars(schema_with = "all_of")]
    all_of: Value,
    #[schemars(schema_with = "tuple")]
    tuple: Value,
    #[schemars(schema_with = "dependent")]
    dependent: Value,
}

#[derive(Serialize, JsonSchema)]
enum Never {}

fn constants(_: &mut schemars::SchemaGenerator) -> Schema {
    json_schema!({ "const": { "ref": "#/$defs/none", "list": [1, "a", null, true] } })
}

fn mixed(_: &mut schemars::SchemaGenerator) -> Schema {
    json_schema!({ "enum": [null, 1, -1.5, "a", true, ["x"], { "a-b": {} }] })
}

fn all_of(generator: &mut schemars::SchemaGenerator) -> Schema {
    let hash = generator.subschema_for::<Page<String>>();
    json_schema!({
        "allOf": [hash, { "properties": { "more": { "type": "boolean" } }, "required": ["more"] }],
        "properties": { "next": { "not": { "type": "string" } } },
    })
}

fn tuple(generator: &mut schemars::SchemaGenerator) -> Schema {
    let point = generator.subschema_for::<Point>();
    json_schema!({
        "type": "array",
        "prefixItems": [point, { "type": "string" }],
        "items": { "type": "integer" },
        "minItems": 1,
    })
}

fn dependent(_: &mut schemars::SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "properties": { "a": {}, "b": { "type": "integer" } },
        "dependentRequired": { "a": ["b"] },
        "dependentSchemas": { "a": { "maxProperties": 2 } },
    })
}

fn cons(length: u8) -> Option<Box<Cons>> {
    (length > 0).then(|| Box::new(Cons(length, cons(length - 1))))
}

fn recursive(depth: u8) -> Recursive {
    Recursive {
        name: "tree".into(),
        children: (0..depth).map(recursive).collect(),
        list: cons(depth),
        json: Json::List(vec![
            Json::Null,
            Json::Map(BTreeMap::from([("a".into(), Json::Bool(true))])),
            Json::Text("b".into()),
        ]),
    }
}

#[expect(deprecated, reason = "the field's own type")]
pub(crate) fn add(odd: &mut Odd) {
    odd.add([Maps {
        by_text: BTreeMap::from([("a".into(), Point(1.0, 2.0))]),
        by_number: BTreeMap::from([(5, "five".into())]),
        by_signed: BTreeMap::from([(-5, vec![1]), (5, vec![])]),
        nested: BTreeMap::from([("a".into(), BTreeMap::from([("b".into(), None)]))]),
    }]);
    odd.add([Open {
        id: "1".into(),
        counts: BTreeMap::from([("a".into(), 1)]),
    }]);
    odd.add([OpenToAll {
        id: "1".into(),
        rest: BTreeMap::from([("a".into(), json!({ "b": [] }))]),
    }]);
    odd.add([Lists {
        list: vec![Some(1), None],
        set: BTreeSet::from(["a".into()]),
        pair: (1, "b".into()),
        nested: ((1,), [true, false]),
        three: Default::default(),
        hash: Hash([7; 32]),
        none: [],
        unit: (),
        unit_struct: UnitStruct,
        newtype: Newtype("n".into()),
    }]);
    odd.add([
        Options::default(),
        Options {
            nullable: Some("a".into()),
            absent: Some("b".into()),
            reference: Some(Box::new(Newtype("c".into()))),
            list: vec![1],
            twice: Some(None),
            old: Some(1),
            ..Options::default()
        },
    ]);
    odd.add([recursive(0), recursive(2)]);
    odd.add([Generic {
        items: Page {
            items: vec![Point(0.5, 1.0)],
            next: Some(2),
        },
        pages: Page {
            items: vec![Page {
                items: vec![None, Some(Point(0.0, 0.0))],
                next: None,
            }],
            next: None,
        },
        either: Err("no".into()),
        texts: Page {
            items: vec![],
            next: None,
        },
    }]);
    odd.add([Scalars {
        wide: (1 << 53) - 1,
        signed: -1,
        wider: 1,
        text: u64::MAX,
        maybe_text: None,
        float: 0.1,
        character: 'ö',
        flag: true,
        at: "2026-11-21T12:00:00Z".into(),
        key: "a0a2a2d2-0b87-4a18-83f2-2529882be2de".into(),
        address: Ipv6Addr::LOCALHOST.into(),
        opens: "09:30:00".into(),
        limited: 1,
    }]);
    odd.add([ByHand {
        any: json!([1, { "a": null }]),
        never: vec![],
        constant: json!({ "ref": "#/$defs/none", "list": [1, "a", null, true] }),
        mixed: json!(-1.5),
        all_of: json!({ "items": [], "next": null, "more": true }),
        tuple: json!([[1.0, 2.0], "a", 1, 2]),
        dependent: json!({ "a": 1, "b": 1 }),
    }]);
}
