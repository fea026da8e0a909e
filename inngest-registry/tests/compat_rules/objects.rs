//! Compatibility rules for objects.

use serde_json::{Value, json};

use crate::{check, closed, object};

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
fn default_does_not_empty_a_branch() {
    let branch = |properties: Value, required: Value| {
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    };
    let text = json!({ "type": "string" });
    let filled = json!({ "type": "integer", "default": 0 });
    check(&[(
        "a branch with a default less",
        json!({ "oneOf": [
            branch(json!({ "a": text }), json!(["a"])),
            branch(json!({ "a": text, "b": filled }), json!(["a", "b"])),
        ] }),
        json!({
            "type": "object",
            "properties": { "a": text, "b": { "type": "integer" } },
            "required": ["a", "b"],
        }),
        &["bb", "bc"],
    )]);
}

#[test]
fn unevaluated_properties() {
    let text = json!({ "type": "string" });
    let one = || json!({ "a": text });
    let unevaluated = |mut schema: Value| {
        schema["unevaluatedProperties"] = json!(false);
        schema
    };
    let with = |key: &str, value: Value| {
        let mut schema = unevaluated(object(&one()));
        schema[key] = value;
        schema
    };
    let b = || json!({ "properties": { "b": text } });
    check(&[
        (
            "the same as additional ones",
            unevaluated(object(&one())),
            closed(&one()),
            &["cc"],
        ),
        (
            "those of a reference are evaluated",
            json!({ "$ref": "#/$defs/b", "unevaluatedProperties": false, "$defs": { "b": object(&one()) } }),
            closed(&one()),
            &["cc"],
        ),
        (
            "those of a part are evaluated",
            with("allOf", json!([b()])),
            closed(&one()),
            &["bc"],
        ),
        (
            "those of any branch are evaluated",
            with("anyOf", json!([b(), { "properties": { "c": text } }])),
            closed(&json!({ "a": text, "b": text })),
            &["bu"],
        ),
        (
            "those of a condition are evaluated",
            with(
                "if",
                json!({ "properties": { "b": text }, "required": ["b"] }),
            ),
            closed(&one()),
            &["bu"],
        ),
        (
            "all of a part that is open are evaluated",
            with("allOf", json!([{ "additionalProperties": true }])),
            closed(&one()),
            &["bc"],
        ),
    ]);
}

/// The comparison assumes that a struct writes only declared properties if all declarations are
/// known.
#[test]
fn properties_declared_elsewhere() {
    let integer = json!({ "type": "integer" });
    let reader = || object(&json!({ "a": {}, "b": integer }));
    let with = |key: &str, value: Value| {
        let mut schema = object(&json!({ "a": {} }));
        schema[key] = value;
        schema
    };
    let text = || json!({ "properties": { "b": { "type": "string" } } });
    let mut condition = with("if", json!({ "required": ["a"] }));
    condition["then"] = text();
    check(&[
        ("under a condition", condition, reader(), &["bu"]),
        (
            "beside a property",
            with("dependentSchemas", json!({ "a": text() })),
            reader(),
            &["bb"],
        ),
        (
            "in another document",
            with("$ref", json!("https://example.com/other.json")),
            reader(),
            &["uu"],
        ),
    ]);
}

/// A reader may describe properties that one schema of the writer declares and another does not.
#[test]
fn properties_declared_by_another_schema() {
    let of = |declared: &[(&str, &str)]| {
        let declared = declared.iter();
        let declared = declared.map(|(name, kind)| ((*name).to_owned(), json!({ "type": kind })));
        json!({ "type": "object", "properties": declared.collect::<Value>() })
    };
    let (a, b) = (of(&[("a", "integer")]), of(&[("b", "integer")]));
    let text = of(&[("a", "integer"), ("b", "string")]);
    let both = of(&[("a", "integer"), ("b", "integer")]);

    let dependent = |known: &Value| {
        let mut schema = both.clone();
        schema["dependentSchemas"] = json!({ "a": known });
        schema
    };
    let list = |known: &Value| json!({ "type": "array", "items": both, "contains": known });
    let patterns =
        |x: &Value| json!({ "type": "object", "patternProperties": { "^x": x, "1$": b } });
    let rest = |x: &Value| {
        let patterns = json!({ "type": "object", "patternProperties": { "^x": x } });
        json!({ "allOf": [patterns, { "additionalProperties": b }] })
    };
    let condition = |key: &str, x: &Value| {
        let mut schema = object(&json!({ "x": x, "k": { "type": "boolean" } }));
        let then = json!({ "properties": { "x": b } });
        if key == "then" {
            schema["if"] = json!({ "required": ["k"] });
            schema[key] = then;
        } else {
            schema[key] = json!({ "k": then });
        }
        schema
    };
    let contained = |x: &Value| json!({ "type": "array", "items": x, "contains": b });
    check(&[
        ("for a property", dependent(&a), dependent(&text), &["bc"]),
        ("for an item", list(&a), list(&text), &["uc"]),
        (
            "for another pattern",
            patterns(&a),
            patterns(&text),
            &["bc"],
        ),
        ("for other properties", rest(&a), rest(&text), &["bb"]),
        (
            "in a property",
            condition("then", &a),
            condition("then", &text),
            &["bu"],
        ),
        (
            "in a property beside another",
            condition("dependentSchemas", &a),
            condition("dependentSchemas", &text),
            &["bc"],
        ),
        ("in an item", contained(&a), contained(&text), &["bc"]),
    ]);
}
