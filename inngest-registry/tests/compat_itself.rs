//! A schema is compatible with itself, whatever it contains, also inside another schema that
//! changed.

use inngest_registry::compat::{Strictness, Verdict, compare};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const STRICTNESSES: [Strictness; 2] = [Strictness::Standard, Strictness::Strict];

/// Keywords that hold a schema.
const ONE: [&str; 13] = [
    "additionalProperties",
    "propertyNames",
    "unevaluatedProperties",
    "items",
    "additionalItems",
    "contains",
    "unevaluatedItems",
    "not",
    "if",
    "then",
    "else",
    "contentSchema",
    "x-unknown",
];
const LISTS: [&str; 5] = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
const MAPS: [&str; 5] = [
    "properties",
    "patternProperties",
    "dependentSchemas",
    "dependencies",
    "definitions",
];
const REFERENCES: [&str; 9] = [
    "#/$defs/A",
    "#/$defs/B",
    "#/$defs/None",
    "#named",
    "#/%",
    "https://example.com/other.json",
    "https://example.com/other.json#/$defs/A",
    "other.json",
    "urn:uuid:1",
];
const NAMES: [&str; 4] = ["a", "b c", "^a", "("];

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        Just(json!(0.1)),
        Just(json!(1e40)),
        prop::sample::select(&NAMES[..]).prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            (prop::sample::select(&NAMES[..]), inner)
                .prop_map(|(name, value)| json!({ name: value })),
        ]
    })
}

fn assertion() -> impl Strategy<Value = (&'static str, Value)> {
    let types = [
        "null", "boolean", "integer", "number", "string", "array", "object", "strng",
    ];
    let numbers = [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "minContains",
        "maxContains",
    ];
    let choose = |list: &[&'static str]| prop::sample::select(list.to_vec());
    prop_oneof![
        choose(&types).prop_map(|name| ("type", json!(name))),
        prop::sample::subsequence(types.to_vec(), 0..4).prop_map(|names| ("type", json!(names))),
        (choose(&numbers), -2_i64..5).prop_map(|(key, n)| (key, json!(n))),
        (choose(&numbers), json_value()),
        json_value().prop_map(|value| ("const", value)),
        prop::collection::vec(json_value(), 0..3).prop_map(|values| ("enum", json!(values))),
        choose(&["^a$", "(", "\\d", "[[:alpha:]]"]).prop_map(|p| ("pattern", json!(p))),
        choose(&["date", "int32", "x"]).prop_map(|f| ("format", json!(f))),
        any::<bool>().prop_map(|unique| ("uniqueItems", json!(unique))),
        prop::sample::subsequence(&NAMES[..], 0..3).prop_map(|names| ("required", json!(names))),
        choose(&REFERENCES).prop_map(|to| ("$ref", json!(to))),
        choose(&["#node", "#", "#none"]).prop_map(|to| ("$dynamicRef", json!(to))),
        Just(("$recursiveRef", json!("#"))),
        Just(("$dynamicAnchor", json!("node"))),
        Just(("$anchor", json!("named"))),
        prop::sample::subsequence(&NAMES[..], 0..3)
            .prop_map(|names| ("dependentRequired", json!({ "a": names }))),
        (
            choose(&["x-other", "description", "default", "items", "not"]),
            json_value()
        ),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    let object = |keywords: Vec<(&str, Value)>| {
        let keywords = keywords
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value));
        Value::Object(keywords.collect::<Map<_, _>>())
    };
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        prop::collection::vec(assertion(), 0..4).prop_map(object),
    ];
    leaf.prop_recursive(3, 24, 3, move |inner| {
        let list = prop::collection::vec(inner.clone(), 0..3);
        let map = prop::collection::vec((prop::sample::select(&NAMES[..]), inner.clone()), 0..3);
        let keyword = prop_oneof![
            (prop::sample::select(&ONE[..]), inner),
            (prop::sample::select(&LISTS[..]), list.prop_map(Value::from)),
            (prop::sample::select(&MAPS[..]), map.prop_map(object)),
        ];
        prop::collection::vec(prop_oneof![keyword, assertion()], 0..5).prop_map(object)
    })
}

fn document(root: Value, a: &Value, b: &Value) -> Value {
    let mut document = match root {
        Value::Object(_) => root,
        other => json!({ "allOf": [other] }),
    };
    document["$defs"] = json!({ "A": a, "B": b });
    document
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn schema_is_compatible_with_itself(root in schema(), a in schema(), b in schema()) {
        let document = document(root, &a, &b);
        for strictness in STRICTNESSES {
            let compared = compare(&document, &document.clone(), strictness);
            prop_assert_eq!(compared.backward, Verdict::Compatible);
            prop_assert_eq!(compared.forward, Verdict::Compatible);
            prop_assert_eq!(compared.changes, []);
        }
    }

    /// Another part of the document changed without breaking anyone.
    #[test]
    fn unchanged_part_is_compatible(inner in schema(), a in schema(), b in schema()) {
        let of = |properties: Value| {
            let root = json!({ "type": "object", "properties": properties, "required": ["x"] });
            let document = document(root, &a, &b);
            // With such names, the added property would also be part of `x`.
            let text = document.to_string().replace("\"#\"", "\"#none\"");
            let text = text.replace("\"$dynamicAnchor\"", "\"x-anchor\"");
            serde_json::from_str::<Value>(&text.replace("\"$anchor\"", "\"x-anchor\"")).unwrap()
        };
        let old = of(json!({ "x": inner }));
        let new = of(json!({ "x": inner, "y": { "type": "string" } }));
        let compared = compare(&old, &new, Strictness::Standard);
        prop_assert_eq!(compared.backward, Verdict::Compatible, "{:#?}", compared.changes);
        prop_assert_eq!(compared.forward, Verdict::Compatible, "{:#?}", compared.changes);
        prop_assert!(compared.changes.len() <= 1, "{:#?}", compared.changes);
    }
}

#[test]
fn odd_schemas() {
    let schemas = [
        json!(true),
        json!(false),
        json!({}),
        json!({ "not": { "$ref": "#" } }),
        json!({ "$ref": "#" }),
        json!({ "oneOf": [{ "$ref": "#" }, { "type": "integer" }] }),
        json!({ "$dynamicRef": "#node" }),
        json!({ "$dynamicAnchor": "node", "properties": { "a": { "$dynamicRef": "#node" } } }),
        json!({ "$recursiveAnchor": true, "items": { "$recursiveRef": "#" } }),
        json!({ "$ref": "https://example.com/other.json" }),
        json!({ "$ref": "#/$defs/None" }),
        json!({ "type": "strng" }),
        json!({ "maximum": 3, "exclusiveMaximum": true }),
        json!({ "items": [true], "additionalItems": false }),
        json!(3),
        json!("text"),
    ];
    for schema in &schemas {
        for strictness in STRICTNESSES {
            let compared = compare(schema, &schema.clone(), strictness);
            assert_eq!(compared.backward, Verdict::Compatible, "{schema}");
            assert_eq!(compared.forward, Verdict::Compatible, "{schema}");
            assert_eq!(compared.changes, [], "{schema}");
        }
    }
}

/// A schema that is `not` itself has no meaning, so its verdict is unknown.
#[test]
fn paradox_is_unknown() {
    let integer = json!({ "type": "integer" });
    for paradox in [
        json!({ "not": { "$ref": "#" } }),
        json!({ "allOf": [{ "not": { "allOf": [{ "$ref": "#" }] } }] }),
        json!({ "oneOf": [{ "$ref": "#" }, { "type": "integer" }] }),
        json!({ "if": { "$ref": "#" }, "then": false }),
    ] {
        for strictness in STRICTNESSES {
            let compared = compare(&paradox, &integer, strictness);
            assert_eq!(
                compared.backward,
                Verdict::Unknown,
                "{paradox} {strictness:?}"
            );
            assert_eq!(
                compared.forward,
                Verdict::Unknown,
                "{paradox} {strictness:?}"
            );
        }
    }
}

/// References by name lead to the same schema only if the names are equal.
#[test]
fn references_by_name() {
    let of = |named: &str, added: bool| {
        let mut schema = json!({
            "type": "object",
            "properties": { "x": { "$ref": "other.json" } },
            "$defs": { "x": { "$id": "other.json", "type": named } },
        });
        if added {
            schema["properties"]["y"] = json!({ "type": "string" });
        }
        schema
    };
    let compared = compare(
        &of("integer", false),
        &of("string", true),
        Strictness::Standard,
    );
    assert_eq!(compared.backward, Verdict::Unknown);
    assert_eq!(compared.forward, Verdict::Unknown);
}
