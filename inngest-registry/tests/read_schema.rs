//! `read_schema` refuses files that are not schemas.

use inngest_registry::read_schema;
use serde_json::json;
use tempfile::TempDir;

#[test]
fn other_json_is_rejected() {
    let dir = TempDir::new().unwrap();
    let error_for = |value| {
        let path = dir.path().join("index.json");
        std::fs::write(&path, serde_json::Value::to_string(&value)).unwrap();
        let error = read_schema(&path).unwrap_err().to_string();
        error.replace(&dir.path().display().to_string(), "@")
    };
    let entry = json!({
        "name": "shop/cart.cleared",
        "version": null,
        "path": "shop/cart.cleared/unversioned.json",
        "hash": "sha256:00",
        "id_template": null,
        "description": null,
    });
    insta::assert_snapshot!(error_for(json!({ "format": 1, "events": [entry] })), @"`@/index.json` is not a JSON Schema: it is the index of an export; name one of the files that it lists, such as `shop/cart.cleared/unversioned.json`");
    insta::assert_snapshot!(error_for(json!({ "format": 1, "events": [] })), @"`@/index.json` is not a JSON Schema: it is the index of an export; name one of the files that it lists");
    insta::assert_snapshot!(error_for(json!({ "properties": { "a": { "type": "strng" } } })), @"`@/index.json` is not a JSON Schema: `strng` at `/properties/a/type` is not a type; did you mean `string`? the known ones are `null`, `boolean`, `integer`, `number`, `string`, `array`, `object`");
    insta::assert_snapshot!(error_for(json!([1])), @"`@/index.json` is not a JSON Schema: a schema is an object, `true` or `false`");
}

/// A property of an event may be called `events`.
#[test]
fn schema_with_a_property_events_is_not_an_index() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("schema.json");
    let schema = json!({ "type": "object", "properties": { "format": {}, "events": {} } });
    std::fs::write(&path, schema.to_string()).unwrap();
    assert_eq!(read_schema(&path).unwrap(), schema);
}

/// A merge can leave two values under one key.
#[test]
fn duplicate_keys_are_rejected() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("schema.json");
    let error_for = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let error = read_schema(&path).unwrap_err().to_string();
        error.replace(&dir.path().display().to_string(), "@")
    };
    insta::assert_snapshot!(error_for(r#"{ "type": "object", "properties": { "a": {}, "b": [{ "x": 1, "\u0078": 2.5 }] } }"#), @"`@/schema.json` is not a JSON Schema: the key `x` appears twice at line 1 column 69");
    let schema =
        r#"{ "properties": { "type": { "type": "null" } }, "enum": [null, true, -1, "a", 1e3] }"#;
    std::fs::write(&path, schema).unwrap();
    assert_eq!(read_schema(&path).unwrap()["enum"][4], json!(1000.0));
}
