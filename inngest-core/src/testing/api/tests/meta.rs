//! Checks how sessions are read from `meta`.

use super::*;

/// Each `meta` with the stored sessions, or the end of the error message.
#[test]
fn sessions_are_resolved() {
    let long = |bytes: usize| "k".repeat(bytes);
    let cases = [
        ("{}".to_owned(), Ok(json!({}))),
        (r#"{"sessions":null}"#.into(), Ok(json!({}))),
        (r#"{"sessions":{}}"#.into(), Ok(json!({}))),
        (r#"{"sessions":{"a":"1","b":2,"c":2.50,"d":1e999}}"#.into(), Ok(json!({"a":"1","b":"2","c":"2.50","d":"1e999"}))),
        (r#"{"sessions":{"a":null}}"#.into(), Ok(json!({ "a": null }))),
        (r#"{"sessions":{"a":true,"a":"x"}}"#.into(), Ok(json!({ "a": "x" }))),
        (r#"{"sessions":{"a":true},"sessions":{"a":"x"}}"#.into(), Ok(json!({ "a": "x" }))),
        (r#"{"sessions":{"a":"x"},"sessions":null}"#.into(), Ok(json!({}))),
        (r#"{"SESSIONS":{"a":"x"}}"#.into(), Ok(json!({ "a": "x" }))),
        ("{\"ſeſſionſ\":{\"a\":\"x\"}}".into(), Ok(json!({ "a": "x" }))),
        (r#"{"sessions":{"a":true}}"#.into(), Err("must be a string, number, or null")),
        (r#"{"sessions":{"a":{}}}"#.into(), Err("must be a string, number, or null")),
        (r#"{"sessions":{"a":[]}}"#.into(), Err("must be a string, number, or null")),
        (r#"{"sessions":{"a":""}}"#.into(), Err("cannot have an empty ID")),
        (r#"{"sessions":{"":"a"}}"#.into(), Err("keys cannot be empty")),
        (r#"{"sessions":{"":null}}"#.into(), Ok(json!({ "": null }))),
        (r#"{"sessions":[]}"#.into(), Err("raw.meta of type map[string]interface {}")),
        (r#"{"sessions":5}"#.into(), Err("raw.meta of type map[string]interface {}")),
        (r#"{"propagated_sessions":true}"#.into(), Err("raw.meta.propagated_sessions of type map[string]interface {}")),
        (r#"{"propagated_sessions":null}"#.into(), Ok(json!({}))),
        (r#"{"propagated_sessions":{"a":null}}"#.into(), Err("must be a string or number")),
        (r#"{"propagated_sessions":{"a":true},"propagated_sessions":{"a":"1"}}"#.into(), Err("must be a string or number")),
        (r#"{"propagated_sessions":{"a":"1"},"propagated_sessions":null}"#.into(), Ok(json!({}))),
        (r#"{"propagated_sessions":{"a":"1","b":2}}"#.into(), Ok(json!({ "a": "1", "b": "2" }))),
        (r#"{"Propagated_Sessions":{"a":"1"},"sessions":{"a":"2"}}"#.into(), Ok(json!({ "a": "2" }))),
        (r#"{"propagated_sessions":{"a":"1","b":"1"},"sessions":{"a":null}}"#.into(), Ok(json!({ "a": null, "b": "1" }))),
        (r#"{"propagated_sessions":{"a":"1","b":"1"},"sessions":null}"#.into(), Ok(json!({}))),
        (
            r#"{"propagated_sessions":{"a":"1","b":"1","c":"1","d":"1","e":"1"},"sessions":{"f":"9"}}"#.into(),
            Ok(json!({"a":"1","b":"1","c":"1","d":"1","f":"9"})),
        ),
        (
            r#"{"propagated_sessions":{"Z":"1","a":"1","b":"1","c":"1","z":"1","é":""}}"#.into(),
            Ok(json!({"Z":"1","a":"1","b":"1","c":"1","z":"1"})),
        ),
        (
            r#"{"sessions":{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}}"#.into(),
            Err("at most 5 entries"),
        ),
        (format!(r#"{{"sessions":{{"{}":"v"}}}}"#, long(128)), Ok(json!({ long(128): "v" }))),
        (format!(r#"{{"sessions":{{"{}":"v"}}}}"#, long(129)), Err("exceeds 128 bytes")),
        (format!(r#"{{"sessions":{{"{}":null}}}}"#, long(129)), Ok(json!({ long(129): null }))),
        (format!(r#"{{"propagated_sessions":{{"{}":"v"}}}}"#, long(129)), Err("exceeds 128 bytes")),
        (format!(r#"{{"sessions":{{"k":"{}"}}}}"#, long(512)), Ok(json!({ "k": long(512) }))),
        (format!(r#"{{"sessions":{{"k":"{}"}}}}"#, long(513)), Err("exceeds 512 bytes")),
    ];
    for (meta, expected) in cases {
        let body = format!(r#"{{"name":"a","meta":{meta}}}"#);
        let mut parsed = read(None, body.as_bytes());
        match expected {
            Ok(kept) => {
                let event = parsed.accepted.pop();
                let event = event.unwrap_or_else(|| panic!("{meta}: {:?}", parsed.error));
                assert_eq!(Value::from(event.sessions.kept), kept, "{meta}");
            }
            Err(end) => {
                let error = parsed.error.unwrap().message;
                assert!(error.ends_with(end), "{meta}: {error}");
            }
        }
    }
    for meta in ["5", "\"x\"", "[]", "true"] {
        let body = format!(r#"{{"name":"a","meta":{meta},"meta":{{}}}}"#);
        assert!(read(None, body.as_bytes()).error.is_some(), "{meta}");
    }
}
