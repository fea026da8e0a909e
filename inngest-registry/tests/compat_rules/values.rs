//! Compatibility rules for types, values and limits.

use serde_json::{Value, json};

use inngest_registry::compat::{Strictness, compare};

use crate::{Case, check};

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
fn values_of_a_format() {
    let text = |format: &str| json!({ "type": "string", "format": format });
    let small = json!({ "type": "integer", "format": "int32" });
    check(&[
        (
            "values to a text with a format",
            json!({ "type": "string", "enum": ["open", "paid"] }),
            text("date"),
            &["cb", "bb"],
        ),
        (
            "text to an integer as text",
            json!({ "type": "string" }),
            text("int64"),
            &["cc", "bc"],
        ),
        (
            "values to an integer as text",
            json!({ "type": "string", "enum": ["open", "paid"] }),
            text("uint64"),
            &["cb", "bb"],
        ),
        (
            "a value of the same format",
            json!({ "const": "2026-11-21", "format": "date" }),
            text("date"),
            &["cb"],
        ),
        (
            "a value of another format",
            json!({ "const": "2026-11-21", "format": "date" }),
            text("date-time"),
            &["cb", "bb"],
        ),
        (
            "a part of a value",
            json!({ "const": { "a": "x" }, "format": "date" }),
            json!({ "properties": { "a": text("date") } }),
            &["cb", "bb"],
        ),
        (
            "a number beyond an integer format",
            json!({ "enum": [1, 5_000_000_000_u64] }),
            small.clone(),
            &["cb", "bb"],
        ),
        (
            "a number within an integer format",
            json!({ "enum": [1, -1] }),
            small.clone(),
            &["cb"],
        ),
        (
            "a branch that may be of the format, too",
            json!({ "const": "x" }),
            json!({ "oneOf": [{ "const": "x" }, text("date")] }),
            &["bb", "ub"],
        ),
        (
            "a format that is refused",
            json!({ "const": "2026-11-21" }),
            json!({ "not": text("date") }),
            &["bb", "ub"],
        ),
        (
            "a condition on a format",
            json!({ "const": "2026-11-21" }),
            json!({ "if": text("date"), "then": false }),
            &["bb", "ub"],
        ),
        (
            "values beyond the writer's own format",
            json!({ "enum": ["2026-11-21"], "format": "date" }),
            json!({ "type": "integer" }),
            &["bb"],
        ),
    ]);
}

#[test]
fn numbers_of_many_digits() {
    let integer = json!({ "type": "integer" });
    check(&[
        (
            "a small one",
            json!({ "const": 1e-40 }),
            integer.clone(),
            &["bb"],
        ),
        (
            "a great one",
            json!({ "const": 1e40 }),
            integer.clone(),
            &["cb"],
        ),
        // Deciding whether it is a multiple needs more digits than the comparison keeps.
        (
            "a unit that is too small",
            json!({ "enum": [1e37], "multipleOf": 0.01 }),
            json!({ "type": "string" }),
            &["bb"],
        ),
        (
            "a bound of many digits",
            json!({ "enum": [1e37], "minimum": 0.001 }),
            json!({ "type": "string" }),
            &["bb"],
        ),
    ]);
}

#[test]
fn unknown_types() {
    let unknown = || json!({ "type": "strng" });
    check(&[
        ("written", unknown(), json!({ "type": "integer" }), &["uu"]),
        (
            "or null",
            json!({ "type": ["strng", "null"] }),
            json!({ "type": "null" }),
            &["uu"],
        ),
        ("of a value", json!({ "const": 1 }), unknown(), &["uu"]),
        (
            "refused",
            json!({ "not": unknown() }),
            json!({ "type": "integer" }),
            &["bu"],
        ),
        ("the same", unknown(), unknown(), &["cc"]),
    ]);
    let compared = compare(
        &unknown(),
        &json!({ "type": "integer" }),
        Strictness::Standard,
    );
    assert_eq!(
        compared.changes[0].what,
        "its type was `strng` and is now integer"
    );
}

#[test]
fn values_and_patterns() {
    let digit = || json!({ "type": "string", "pattern": "^\\d$" });
    let word = || json!({ "type": "string", "pattern": "^\\w$" });
    check(&[
        ("a digit", json!({ "const": "7" }), digit(), &["cb"]),
        (
            "no digit of ASCII",
            json!({ "const": "٣" }),
            digit(),
            &["bb"],
        ),
        (
            "no letter of ASCII",
            json!({ "const": "é" }),
            word(),
            &["bb"],
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
