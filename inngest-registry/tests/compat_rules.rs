//! The rules of compatibility one by one, in the names that Confluent's schema registry gives them,
//! each in both directions and both strictnesses.

use inngest_registry::compat::{Strictness, Verdict, compare};
use serde_json::{Value, json};

/// What is expected of a rule: a letter for each direction, `c`ompatible, `b`reaking or `u`nknown,
/// backward first. Where the standard verdict is another, it is the second.
type Case = (&'static str, Value, Value, &'static [&'static str]);

fn check(cases: &[Case]) {
    let letter = |verdict| match verdict {
        Verdict::Compatible => 'c',
        Verdict::Breaking => 'b',
        Verdict::Unknown => 'u',
    };
    let mut wrong = Vec::new();
    for (rule, old, new, expected) in cases {
        let strict = expected[0];
        let standard = expected.get(1).unwrap_or(&strict);
        for (strictness, expected) in [
            (Strictness::Strict, strict),
            (Strictness::Standard, standard),
        ] {
            let compared = compare(old, new, strictness);
            let found: String = [compared.backward, compared.forward]
                .map(letter)
                .iter()
                .collect();
            if found != *expected {
                wrong.push(format!(
                    "{rule} ({strictness:?}): {found}, not {expected}: {:#?}",
                    compared.changes
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn object(properties: &Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

fn closed(properties: &Value) -> Value {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

#[test]
fn types_and_values() {
    let string = || json!({ "type": "string" });
    check(&[
        (
            "TYPE_CHANGED",
            string(),
            json!({ "type": "boolean" }),
            &["bb"],
        ),
        (
            "TYPE_EXTENDED",
            json!({ "type": "integer" }),
            json!({ "type": "number" }),
            &["cb"],
        ),
        (
            "TYPE_NARROWED",
            json!({ "type": ["string", "null"] }),
            string(),
            &["bc"],
        ),
        ("TYPE_EXTENDED to all", string(), json!({}), &["cb"]),
        (
            "ENUM_ARRAY_EXTENDED",
            json!({ "enum": ["open", 1] }),
            json!({ "enum": ["open", 1.0, null] }),
            &["cb"],
        ),
        (
            "ENUM_ARRAY_NARROWED",
            json!({ "type": "string", "enum": ["open", "paid"] }),
            json!({ "type": "string", "enum": ["paid"] }),
            &["bc"],
        ),
        (
            "ENUM_ARRAY_CHANGED",
            json!({ "enum": ["open"] }),
            json!({ "enum": ["paid"] }),
            &["bb"],
        ),
        (
            "enumeration added",
            string(),
            json!({ "enum": ["a"] }),
            &["bc"],
        ),
        (
            "constant changed",
            json!({ "const": 1 }),
            json!({ "const": 2 }),
            &["bb"],
        ),
        (
            "constant within an enumeration",
            json!({ "const": "a" }),
            json!({ "oneOf": [{ "const": "a" }, { "const": "b", "description": "new" }] }),
            &["cb"],
        ),
        ("SCHEMA_ADDED", json!({}), string(), &["bc"]),
        (
            "annotations",
            json!({ "title": "a", "description": "b", "default": 1, "$comment": "c" }),
            json!({ "title": "d", "examples": [1] }),
            &["cc"],
        ),
        ("nothing is written", json!(false), string(), &["cb"]),
        (
            "format added",
            string(),
            json!({ "type": "string", "format": "date-time" }),
            &["cc", "bc"],
        ),
        (
            "integer format narrowed",
            json!({ "type": "integer", "format": "int64" }),
            json!({ "type": "integer", "format": "int32" }),
            &["cc", "bc"],
        ),
    ]);
}

#[test]
fn limits() {
    let with = |kind: &str, key: &str, value: Value| {
        let mut schema = json!({ "type": kind });
        schema[key] = value;
        schema
    };
    let mut cases: Vec<Case> = Vec::new();
    for (kind, least, most) in [
        ("string", "minLength", "maxLength"),
        ("number", "minimum", "maximum"),
        ("integer", "minimum", "maximum"),
        ("number", "exclusiveMinimum", "exclusiveMaximum"),
        ("array", "minItems", "maxItems"),
        ("object", "minProperties", "maxProperties"),
    ] {
        let plain = || json!({ "type": kind });
        cases.extend([
            (
                "least added",
                plain(),
                with(kind, least, json!(2)),
                &["bc"][..],
            ),
            ("most added", plain(), with(kind, most, json!(2)), &["bc"]),
            (
                "least increased",
                with(kind, least, json!(2)),
                with(kind, least, json!(3)),
                &["bc"],
            ),
            (
                "most increased",
                with(kind, most, json!(2)),
                with(kind, most, json!(3)),
                &["cb"],
            ),
        ]);
    }
    cases.extend([
        (
            "exclusive beside inclusive",
            json!({ "type": "number", "exclusiveMaximum": 5 }),
            json!({ "type": "number", "maximum": 5 }),
            &["cb"][..],
        ),
        (
            "the same bound of integers",
            json!({ "type": "integer", "exclusiveMaximum": 5 }),
            json!({ "type": "integer", "maximum": 4.5 }),
            &["cc"],
        ),
        (
            "MULTIPLE_OF_ADDED",
            json!({ "type": "number" }),
            json!({ "type": "number", "multipleOf": 2 }),
            &["bc"],
        ),
        (
            "MULTIPLE_OF_REDUCED",
            json!({ "type": "number", "multipleOf": 0.6 }),
            json!({ "type": "number", "multipleOf": 0.2 }),
            &["cb"],
        ),
        (
            "MULTIPLE_OF_CHANGED",
            json!({ "type": "integer", "multipleOf": 4 }),
            json!({ "type": "integer", "multipleOf": 6 }),
            &["bb"],
        ),
        (
            "multiples of one are integers",
            json!({ "type": "number", "multipleOf": 1 }),
            json!({ "type": "integer" }),
            &["cc"],
        ),
        (
            "PATTERN_ADDED",
            json!({ "type": "string" }),
            json!({ "type": "string", "pattern": "^a" }),
            &["bc"],
        ),
        (
            "PATTERN_CHANGED",
            json!({ "type": "string", "pattern": "^b" }),
            json!({ "type": "string", "pattern": "^a" }),
            &["bb"],
        ),
        (
            "UNIQUE_ITEMS_ADDED",
            json!({ "type": "array", "uniqueItems": false }),
            json!({ "type": "array", "uniqueItems": true }),
            &["bc"],
        ),
        (
            "limits of another type",
            json!({ "type": "string", "minimum": 1 }),
            json!({ "type": "string", "maximum": 0 }),
            &["cc"],
        ),
    ]);
    check(&cases);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn properties() {
    let text = json!({ "type": "string" });
    let one = || json!({ "a": text });
    let two = || json!({ "a": text, "b": { "type": "integer" } });
    let required = |mut schema: Value, names: &[&str]| {
        schema["required"] = json!(names);
        schema
    };
    let map = |value: &str| json!({ "type": "object", "additionalProperties": { "type": value } });
    check(&[
        (
            "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
            object(&one()),
            object(&two()),
            &["bc", "cc"],
        ),
        (
            "PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL",
            object(&one()),
            object(&json!({ "a": text, "b": {} })),
            &["cc"],
        ),
        (
            "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
            closed(&one()),
            closed(&two()),
            &["cb"],
        ),
        (
            "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
            closed(&one()),
            required(closed(&two()), &["b"]),
            &["bb"],
        ),
        (
            "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL",
            closed(&one()),
            required(closed(&json!({ "a": text, "b": { "default": 1 } })), &["b"]),
            &["cb", "bb"],
        ),
        (
            "PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL",
            required(object(&two()), &["b"]),
            object(&one()),
            &["cb"],
        ),
        (
            "PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL",
            closed(&json!({ "a": text, "b": false })),
            closed(&one()),
            &["cc"],
        ),
        (
            "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
            map("integer"),
            json!({
                "type": "object",
                "properties": { "b": { "type": "number" } },
                "additionalProperties": { "type": "integer" },
            }),
            &["cb"],
        ),
        (
            "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
            map("integer"),
            json!({
                "type": "object",
                "properties": { "b": { "type": "string" } },
                "additionalProperties": { "type": "integer" },
            }),
            &["bb"],
        ),
        (
            "PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL, by a pattern",
            closed(&json!({ "n_1": { "type": "integer" } })),
            json!({
                "type": "object",
                "patternProperties": { "^n_": { "type": "number" } },
                "additionalProperties": false,
            }),
            &["cb"],
        ),
        (
            "REQUIRED_ATTRIBUTE_ADDED",
            object(&one()),
            required(object(&one()), &["a"]),
            &["bc"],
        ),
        (
            "REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED",
            object(&json!({ "a": { "default": "" } })),
            required(object(&json!({ "a": { "default": "" } })), &["a"]),
            &["cc", "bc"],
        ),
        (
            "ADDITIONAL_PROPERTIES_ADDED",
            closed(&one()),
            object(&one()),
            &["cb", "cc"],
        ),
        (
            "ADDITIONAL_PROPERTIES_EXTENDED",
            map("integer"),
            json!({ "type": "object", "additionalProperties": true }),
            &["cb"],
        ),
        (
            "values of a map changed",
            map("integer"),
            map("string"),
            &["bb"],
        ),
        (
            "values of a map extended",
            map("integer"),
            map("number"),
            &["cb"],
        ),
        (
            "DEPENDENCY_ARRAY_ADDED",
            object(&two()),
            json!({
                "type": "object",
                "properties": two(),
                "dependentRequired": { "a": ["b"] },
            }),
            &["bc"],
        ),
        (
            "DEPENDENCY_ARRAY_EXTENDED",
            json!({ "dependentRequired": { "a": ["b"] } }),
            json!({ "dependentRequired": { "a": ["b", "c"] } }),
            &["bc"],
        ),
        (
            "a dependency that is met",
            required(object(&two()), &["b"]),
            json!({
                "type": "object",
                "properties": two(),
                "required": ["b"],
                "dependentRequired": { "a": ["b"] },
            }),
            &["cc"],
        ),
        (
            "DEPENDENCY_SCHEMA_ADDED",
            object(&two()),
            json!({
                "type": "object",
                "properties": two(),
                "dependentSchemas": { "a": { "required": ["b"] } },
            }),
            &["bc"],
        ),
        (
            "names of properties narrowed",
            map("integer"),
            json!({
                "type": "object",
                "additionalProperties": { "type": "integer" },
                "propertyNames": { "maxLength": 3 },
            }),
            &["bc"],
        ),
        (
            "names that are known",
            closed(&one()),
            json!({
                "type": "object",
                "properties": { "a": text },
                "additionalProperties": false,
                "propertyNames": { "maxLength": 3 },
            }),
            &["cc"],
        ),
    ]);
}

#[test]
fn items() {
    let list = |item: &str| json!({ "type": "array", "items": { "type": item } });
    let tuple = |items: &[&str], rest: Value| {
        let items: Vec<_> = items.iter().map(|item| json!({ "type": item })).collect();
        json!({ "type": "array", "prefixItems": items, "items": rest })
    };
    check(&[
        ("items changed", list("string"), list("boolean"), &["bb"]),
        ("items extended", list("integer"), list("number"), &["cb"]),
        (
            "SCHEMA_ADDED",
            json!({ "type": "array" }),
            list("string"),
            &["bc"],
        ),
        (
            "ITEM_ADDED_TO_OPEN_CONTENT_MODEL",
            tuple(&["string"], json!(true)),
            tuple(&["string", "boolean"], json!(true)),
            &["bc"],
        ),
        (
            "ITEM_ADDED_TO_CLOSED_CONTENT_MODEL",
            tuple(&["string"], json!(false)),
            tuple(&["string", "boolean"], json!(false)),
            &["cb"],
        ),
        (
            "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
            tuple(&["string", "boolean"], json!({ "type": "string" })),
            tuple(&["string"], json!({ "type": "string" })),
            &["bb"],
        ),
        (
            "ADDITIONAL_ITEMS_NARROWED",
            tuple(&["string"], json!(true)),
            tuple(&["string"], json!({ "type": "string" })),
            &["bc"],
        ),
        (
            "ADDITIONAL_ITEMS_REMOVED",
            tuple(&["string"], json!({ "type": "string" })),
            tuple(&["string"], json!(false)),
            &["bc"],
        ),
        (
            "items that are never there",
            json!({ "type": "array", "maxItems": 1, "prefixItems": [{ "type": "string" }] }),
            tuple(&["string", "boolean"], json!(false)),
            &["cb"],
        ),
        (
            "a longer tuple",
            json!({ "type": "array", "prefixItems": [{ "type": "string" }],
                    "minItems": 1, "maxItems": 1 }),
            json!({ "type": "array", "prefixItems": [{ "type": "string" }, { "type": "string" }],
                    "minItems": 2, "maxItems": 2 }),
            &["bb"],
        ),
        (
            "a tuple as an older draft has it",
            json!({ "type": "array", "items": [{ "type": "integer" }], "additionalItems": false }),
            tuple(&["number"], json!(false)),
            &["cb"],
        ),
        (
            "contains",
            json!({ "type": "array", "contains": { "type": "integer" } }),
            json!({ "type": "array", "contains": { "type": "number" } }),
            &["cu"],
        ),
    ]);
}

#[test]
fn unions() {
    let of = |key: &str, types: &[&str]| {
        let types: Vec<_> = types.iter().map(|name| json!({ "type": name })).collect();
        json!({ key: types })
    };
    let tagged = |tags: &[&str]| {
        let variants: Vec<_> = tags
            .iter()
            .map(|tag| {
                json!({
                    "type": "object",
                    "properties": { "kind": { "type": "string", "const": tag } },
                    "required": ["kind"],
                })
            })
            .collect();
        json!({ "oneOf": variants })
    };
    check(&[
        (
            "SUM_TYPE_EXTENDED",
            of("oneOf", &["string"]),
            of("oneOf", &["null", "string"]),
            &["cb"],
        ),
        (
            "SUM_TYPE_NARROWED",
            tagged(&["a", "b"]),
            tagged(&["b"]),
            &["bc"],
        ),
        (
            "the order of variants",
            tagged(&["a", "b"]),
            tagged(&["b", "a"]),
            &["cc"],
        ),
        (
            "a value beside variants",
            json!({ "oneOf": [{ "const": "x" }, { "type": "object" }] }),
            json!({ "oneOf": [{ "enum": ["x", "y"] }, { "type": "object" }] }),
            &["cb"],
        ),
        (
            "COMBINED_TYPE_EXTENDED",
            of("oneOf", &["string", "boolean"]),
            of("anyOf", &["boolean", "string", "null"]),
            &["cb"],
        ),
        (
            "COMBINED_TYPE_CHANGED",
            of("anyOf", &["string"]),
            of("allOf", &["string", "number"]),
            &["bc"],
        ),
        (
            "the same, whatever the combination",
            of("anyOf", &["string", "null"]),
            json!({ "type": ["null", "string"] }),
            &["cc"],
        ),
        (
            "branches that overlap",
            of("oneOf", &["integer", "string"]),
            of("oneOf", &["integer", "number", "string"]),
            &["bb"],
        ),
        (
            "PRODUCT_TYPE_EXTENDED",
            json!({ "allOf": [{ "type": "string" }] }),
            json!({ "allOf": [{ "type": "string" }, { "minLength": 1 }] }),
            &["bc"],
        ),
        (
            "NOT_TYPE_NARROWED",
            json!({ "not": { "type": ["string", "null"] } }),
            json!({ "not": { "type": "null" } }),
            &["cb"],
        ),
        (
            "a condition that is the same",
            json!({ "type": "object", "if": { "required": ["a"] }, "then": { "required": ["b"] } }),
            json!({ "type": "object", "if": { "required": ["a"] }, "then": { "required": ["b"] },
                    "description": "new" }),
            &["cc"],
        ),
    ]);
}

#[test]
fn references() {
    let tree = |name: Value, root: Value| {
        json!({
            "$ref": "#/$defs/Tree",
            "$defs": {
                "Tree": {
                    "type": "object",
                    "properties": {
                        "name": name,
                        "children": { "type": "array", "items": root },
                    },
                    "required": ["name"],
                },
            },
        })
    };
    let to = |pointer: &str| json!({ "$ref": pointer });
    let integer = || json!({ "type": "integer" });
    check(&[
        (
            "the same tree",
            tree(integer(), to("#/$defs/Tree")),
            tree(integer(), to("#")),
            &["cc"],
        ),
        (
            "a tree of other names",
            tree(integer(), to("#/$defs/Tree")),
            tree(json!({ "type": "number" }), to("#/$defs/Tree")),
            &["cb"],
        ),
        (
            "a reference to nothing",
            integer(),
            to("#/$defs/Nothing"),
            &["uu"],
        ),
        (
            "a reference to another document",
            to("https://example.com/other.json"),
            integer(),
            &["uu"],
        ),
        (
            "a reference that leads nowhere",
            integer(),
            json!({ "$ref": "#/$defs/A", "$defs": { "A": { "$ref": "#/$defs/A" } } }),
            &["ub"],
        ),
        (
            "a pointer with escapes",
            json!({ "$ref": "#/$defs/a~1b%20c", "$defs": { "a/b c": integer() } }),
            integer(),
            &["cc"],
        ),
    ]);
}
