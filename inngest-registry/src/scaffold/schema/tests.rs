use serde_json::{Value, json};

use crate::scaffold::source::{About, of_document};
use crate::scaffold::{Scaffold, from_schemas};

/// The code for the data of an event and its definitions, and the notes.
fn scaffold(data: &Value, definitions: &Value) -> Scaffold {
    let document = json!({
        "properties": { "name": { "const": "a/b" }, "data": data },
        "$defs": definitions,
    });
    from_schemas(of_document(document, About::default()).unwrap())
}

#[test]
fn recursive_definitions_are_converted() {
    let node = json!({
        "type": "object",
        "properties": { "next": { "allOf": [{ "$ref": "#/$defs/Node" }, { "required": ["id"] }] } },
    });
    let leaf = |kind: &str| {
        json!({
            "type": "object",
            "properties": {
                "kind": { "const": kind },
                "inner": { "oneOf": [{ "$ref": "#/$defs/Not" }, { "$ref": "#/$defs/All" }] },
            },
            "required": ["kind"],
        })
    };
    let data = json!({
        "type": "object",
        "properties": {
            "node": { "$ref": "#/$defs/Node" },
            "filter": { "oneOf": [{ "$ref": "#/$defs/Not" }, { "$ref": "#/$defs/All" }] },
            "all": { "$ref": "#" },
            "one": { "$ref": "#/$defs/One" },
        },
    });
    let one = json!({ "allOf": [{ "$ref": "#/$defs/Two" }, {}] });
    let two = json!({ "allOf": [{ "$ref": "#/$defs/One" }, {}] });
    let definitions =
        json!({ "Node": node, "Not": leaf("not"), "All": leaf("all"), "One": one, "Two": two });
    let Scaffold { code, notes } = scaffold(&data, &definitions);
    insta::assert_snapshot!(format!("{code}\n// {}", notes.join("\n// ")));
}

#[test]
fn long_lines_are_broken_as_rustfmt_does() {
    let name = "a_name_that_is_long_enough_to_leave_no_room_for_anything_else_on_its_line";
    let map = |value: &Value| json!({ "type": "object", "additionalProperties": value });
    let long = json!({ "$ref": format!("#/$defs/{name}") });
    let data = json!({
        "type": "object",
        "properties": {
            name: { "type": "array", "items": { "type": "string" } },
            "deep": map(&map(&map(&long))),
            "pair": {
                "type": "array",
                "items": { "type": ["array", "null"], "prefixItems": [map(&long), { "type": "string" }], "minItems": 2, "maxItems": 2 },
            },
        },
        "required": [name, "deep", "pair"],
    });
    let definitions =
        json!({ name: { "type": "object", "properties": { "a": { "type": "string" } } } });
    insta::assert_snapshot!(scaffold(&data, &definitions).code);
}

#[test]
fn references_stay_in_comments() {
    let reference = "#/$defs/A\npub fn injected() {}\r\u{202e}";
    let data = json!({ "type": "object", "properties": { "a": { "$ref": reference } } });
    let Scaffold { code, .. } = scaffold(&data, &json!({}));
    assert!(
        code.contains("// TODO") && !code.contains("\npub fn injected"),
        "{code}"
    );
    assert!(!code.contains(['\r', '\u{202e}']), "{code}");
}

#[test]
fn schemas_without_a_type_are_noted() {
    let data = json!({
        "type": "object",
        "properties": {
            "overlapping": { "anyOf": [{ "type": "string", "maxLength": 3 }, { "type": "string" }] },
            "elsewhere": { "$ref": "other.json#/a" },
            "conditional": {
                "type": "object",
                "properties": { "a": { "type": "string" } },
                "then": { "$ref": "#/$defs/A" },
            },
            "never": false,
            "patterns": { "type": "object", "patternProperties": { "^a": { "type": "string" } } },
        },
        "additionalProperties": false,
    });
    let Scaffold { code, notes } = scaffold(&data, &json!({ "A": true }));
    insta::assert_snapshot!(format!("{code}\n// {}", notes.join("\n// ")));
}
