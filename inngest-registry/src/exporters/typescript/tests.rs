//! Tests the types of single schemas; `tests/exporters.rs` tests whole events.

use serde_json::{Value, json};

use super::convert::Converter;
use super::print;
use super::types::Docs;
use crate::exporters::model::Names;

fn names(event: &Value) -> Names {
    let definitions = event["$defs"].as_object();
    let names = definitions.into_iter().flatten().map(|(name, _)| name);
    names.map(|name| (name.clone(), name.clone())).collect()
}

/// The type of a schema in one line.
fn type_of(schema: &Value) -> String {
    let names = names(schema);
    let of = Converter::new(schema, &names).definition("", schema);
    one_line(&print::of(&of, 0))
}

/// The type of a definition in one line.
fn definition(name: &str, event: &Value) -> String {
    let names = names(event);
    let of = Converter::new(event, &names).definition(name, &event["$defs"][name]);
    one_line(&print::of(&of, 0))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn schemas_become_types() {
    for (schema, expected) in [
        (json!(true), "unknown"),
        (json!(false), "never"),
        (json!({}), "unknown"),
        (
            json!({ "type": ["integer", "number", "null"] }),
            "number | null",
        ),
        (json!({ "const": null }), "null"),
        (json!({ "type": "string", "const": "a" }), "\"a\""),
        (json!({ "const": [] }), "[]"),
        (json!({ "not": {} }), "unknown"),
        (json!({ "type": "array" }), "unknown[]"),
        (json!({ "type": "array", "items": false }), "[]"),
        (
            json!({ "items": { "type": ["string", "null"] } }),
            "(string | null)[]",
        ),
        (
            json!({ "type": "array", "items": { "type": "null" }, "minItems": 2, "maxItems": 3 }),
            "null[]",
        ),
        (
            json!({ "type": "array", "items": { "type": "null" }, "minItems": 2, "maxItems": 2 }),
            "[null, null]",
        ),
        (
            json!({ "prefixItems": [{ "type": "null" }, { "type": ["null", "string"] }] }),
            "[null?, (null | string)?, ...unknown[]]",
        ),
        (
            json!({ "prefixItems": [{ "type": "null" }, {}], "minItems": 1, "items": false }),
            "[null, unknown?]",
        ),
        (
            json!({ "prefixItems": [{ "type": "null" }, {}], "minItems": 9, "maxItems": 1 }),
            "[null]",
        ),
        (
            json!({ "required": ["b"], "properties": { "a": {} } }),
            "{ a?: unknown; b: unknown; }",
        ),
        (
            json!({ "properties": { "a": { "type": "null" } }, "additionalProperties": false }),
            "{ a?: null; }",
        ),
        (
            json!({ "type": "object", "additionalProperties": true }),
            "{ [key: string]: unknown; }",
        ),
        (
            json!({
                "properties": { "a": { "type": "null" } },
                "required": ["a"],
                "additionalProperties": { "type": "null" },
            }),
            "{ a: null; [key: string]: null; }",
        ),
        (
            json!({
                "properties": { "a": { "type": "null" } },
                "additionalProperties": { "type": "null" },
            }),
            "{ a?: null; } & { [key: string]: null; }",
        ),
        (
            json!({
                "patternProperties": { "^b": { "type": "string" }, "^a": { "type": "null" } },
                "additionalProperties": false,
            }),
            "{ [key: string]: null | string; }",
        ),
        (json!({ "oneOf": [{ "type": "null" }, {}] }), "unknown"),
        (
            json!({ "type": "object", "anyOf": [{ "required": ["a"] }, {}] }),
            "| { a: unknown; } | {}",
        ),
        (
            json!({ "allOf": [{ "type": "string" }, { "minLength": 1 }] }),
            "string",
        ),
        (json!({ "anyOf": [false, false] }), "never"),
        (json!({ "$ref": "https://example.com" }), "unknown"),
        (json!({ "$ref": "#/$defs/missing" }), "unknown"),
    ] {
        assert_eq!(type_of(&schema), expected, "{schema}");
    }
}

#[test]
fn types_never_contain_themselves_directly() {
    let event = json!({
        "$defs": {
            "Own": { "anyOf": [{ "type": "null" }, { "$ref": "#/$defs/Own" }] },
            "Left": { "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/Right" }] },
            "Right": { "anyOf": [{ "type": "number" }, { "$ref": "#/$defs/Left" }] },
            "List": { "anyOf": [{ "type": "null" }, { "items": { "$ref": "#/$defs/List" } }] },
            "Outside": { "anyOf": [{ "$ref": "#/$defs/Left" }, { "$ref": "#/$defs/Own" }] },
            "Nothing": { "$ref": "#/$defs/Nothing" },
        },
    });
    for (name, expected) in [
        ("Own", "null"),
        ("Left", "string | number"),
        ("Right", "number | string"),
        ("List", "null | List[]"),
        ("Outside", "Left | Own"),
        ("Nothing", "never"),
    ] {
        assert_eq!(definition(name, &event), expected, "{name}");
    }
}

#[test]
fn comments_are_escaped() {
    let docs = |text: &str, tags: &[&str]| {
        let docs = Docs {
            text: Some(text.to_owned()),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        };
        print::docs(&docs, 2)
    };
    assert_eq!(print::docs(&Docs::default(), 2), "");
    assert_eq!(docs("One.", &[]), "  /** One. */\n");
    assert_eq!(docs("", &["@deprecated"]), "  /** @deprecated */\n");
    assert_eq!(
        docs("/* One */ **/\r\n\n  indented  ", &["@x */"]),
        "  /**\n   * /* One *\\/ **\\/\n   *\n   *   indented\n   *\n   * @x *\\/\n   */\n"
    );
}
