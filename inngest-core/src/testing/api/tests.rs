use serde_json::{Value, json};

use super::*;

fn one(body: impl AsRef<[u8]>) -> Incoming {
    let body = body.as_ref();
    let mut reading = read(None, body);
    let shown = String::from_utf8_lossy(body);
    assert_eq!(reading.mistake, None, "{shown}");
    assert_eq!(reading.taken.len(), 1, "{shown}");
    reading.taken.pop().unwrap()
}

fn data(event: Incoming) -> Value {
    event.data.map_or(Value::Null, |data| data.settle().0)
}

#[test]
fn keys_in_any_case_and_the_last_one_counts() {
    let event = one(r#"{"name":"a","NAME":"b","Data":{"x":1,"y":1},"data":{"x":2},"V":"1"}"#);
    assert_eq!((event.name.as_str(), event.v.as_deref()), ("b", Some("1")));
    assert_eq!(data(event), json!({ "x": 2, "y": 1 }));
    let event = one(r#"{"name":"a","data":{"x":1},"user":{"a":1},"data":null,"user":null}"#);
    assert!(event.data.is_none() && event.user.is_none());
    // The long s and the sign of the kelvin are letters of field names, and no others.
    let event = one("{\"name\":\"a\",\"tſ\":1743130137367,\"\\u0054\\u017f\":1743130137368}");
    assert_eq!(event.ts, Some(1_743_130_137_368));
    assert_eq!(
        one("{\"name\":\"a\",\"ıd\":5,\"ID\":\"x\"}").id.unwrap(),
        "x"
    );
}

#[test]
fn a_later_null_leaves_texts_and_numbers_and_clears_objects() {
    let event = one(
        r#"{"name":"a","name":null,"id":"i","id":null,"v":"1","v":null,"ts":1743130137367,"ts":null}"#,
    );
    assert_eq!(event.name, "a");
    assert_eq!(event.id.as_deref(), Some("i"));
    assert_eq!(event.v.as_deref(), Some("1"));
    assert_eq!(event.ts, Some(1_743_130_137_367));
    let event = one(r#"{"name":"a","data":{"x":1},"data":null,"data":{"y":null}}"#);
    assert_eq!(data(event), json!({ "y": null }));
    let event = one(r#"{"name":"a","meta":{"sessions":{"a":"b"}},"meta":null}"#);
    assert_eq!(event.sessions, Sessions::default());
}

#[test]
fn bytes_and_escapes_that_are_no_text_are_replaced() {
    for (text, expected) in [
        (r"\ud83d\ude00", "😀"),
        ("é\\n\\ud800", "é\n\u{fffd}"),
        (r"\ud83d", "\u{fffd}"),
        (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
        (r"\ud83d\ud83d\ude00x", "\u{fffd}😀x"),
        (r"\ud83d\u0041", "\u{fffd}A"),
        (r"\\ud83d\n\u0041", "\\ud83d\nA"),
        ("é\\ud800é", "é\u{fffd}é"),
        (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r"\u0000\uFFFF\uD7ff", "\0\u{ffff}\u{d7ff}"),
        ("\u{7f}\u{2028}", "\u{7f}\u{2028}"),
    ] {
        let event = one(format!(r#"{{"name":"{text}"}}"#));
        assert_eq!(event.name, expected, "{text}");
    }
    // Go replaces each byte by itself, also those of a character that is cut off or is a surrogate.
    for (bytes, expected) in [
        (&b"\xff\xfe"[..], 2),
        (b"\xe2\x82", 2),
        (b"\xed\xa0\x80", 3),
        (b"\xf0\x9f\x98", 3),
        (b"\xc0\xaf", 2),
    ] {
        let body = [br#"{"name":"a"#, bytes, br#"b"}"#].concat();
        let replaced = format!("a{}b", "\u{fffd}".repeat(expected));
        assert_eq!(one(&body).name, replaced, "{bytes:x?}");
        // In keys too: no field is meant.
        let body = [br#"{"name":"a","v"#, bytes, br#"":5}"#].concat();
        assert_eq!(one(&body).v, None);
    }
}

#[test]
fn numbers_are_doubles() {
    for (number, expected) in [
        ("1", json!(1)),
        ("-1", json!(-1)),
        ("1.0", json!(1.0)),
        ("-0", json!(0)),
        ("-0.0", json!(0)),
        ("-0e9", json!(0)),
        ("0.0", json!(0.0)),
        ("0.1", json!(0.1)),
        ("1e2", json!(100.0)),
        ("1E-2", json!(0.01)),
        ("1e-400", json!(0.0)),
        ("5e-324", json!(5e-324)),
        ("1.7976931348623157e308", json!(f64::MAX)),
        ("9007199254740991", json!(9_007_199_254_740_991_u64)),
        ("9007199254740993", json!(9_007_199_254_740_992_u64)),
        ("9007199254740994", json!(9_007_199_254_740_994_u64)),
        ("-9007199254740993", json!(-9_007_199_254_740_992_i64)),
        ("9223372036854775807", json!(9_223_372_036_854_776_000_u64)),
        ("18446744073709551615", json!(18_446_744_073_709_552_000.0)),
        (
            "123456789012345678901234567890",
            json!(1.2345678901234568e29),
        ),
    ] {
        let event = one(format!(r#"{{"name":"a","data":{{"n":[{number}]}}}}"#));
        assert_eq!(data(event)["n"][0], expected, "{number}");
    }
}

#[test]
fn numbers_are_written_as_go_writes_them() {
    for (number, expected) in [
        ("5.0", "5"),
        ("-0.0", "0"),
        ("1e20", "100000000000000000000"),
        ("1e21", "1e+21"),
        ("1.5e300", "1.5e+300"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1e-7"),
        ("-2.5e-10", "-2.5e-10"),
        ("9007199254740993", "9007199254740992"),
        ("9223372036854775807", "9223372036854776000"),
        ("18446744073709551615", "18446744073709552000"),
        ("-18446744073709551615", "-18446744073709552000"),
    ] {
        let event = one(format!(r#"{{"name":"a","data":{{"n":{number}}}}}"#));
        let mut text = String::new();
        crate::testing::value::write(&mut text, &data(event));
        assert_eq!(text, format!(r#"{{"n":{expected}}}"#), "{number}");
    }
}

/// What the server says to bodies that are odd: how many events it takes, and the beginning of its
/// error where it has one. As Go's `encoding/json` and its `Decoder` read them.
#[test]
fn odd_bodies() {
    const E: &str = r#"{"name":"a"}"#;
    let cases: &[(String, usize, Option<&str>)] = &[
        // Nothing.
        (String::new(), 0, None),
        (" \t\r\n ".into(), 0, None),
        ("[]".into(), 0, None),
        (" [ \n] xyz".into(), 0, None),
        // An array without its end, or with the end of an object.
        ("[".into(), 0, None),
        ("[ \n".into(), 0, None),
        ("[}".into(), 0, None),
        (format!("[{E}"), 1, None),
        (format!("[{E} \n"), 1, None),
        (format!("[{E},{E}"), 2, None),
        (format!("[{E}}}"), 1, None),
        (format!("[{E}]]]"), 1, None),
        (format!("[{E}]{E}"), 1, None),
        (format!("[{E},"), 1, Some("EOF")),
        (format!("[{E}, "), 1, Some("EOF")),
        (format!("[{E},{{"), 1, Some("unexpected EOF")),
        (format!("[{E},{{\"name\":\"a"), 1, Some("unexpected EOF")),
        (format!("[{E},tru"), 1, Some("unexpected EOF")),
        (format!("[{E},-"), 1, Some("unexpected EOF")),
        // Between events.
        ("[,".into(), 0, Some("invalid character ',' looking for")),
        (
            format!("[,{E}]"),
            0,
            Some("invalid character ',' looking for"),
        ),
        (
            format!("[{E},]"),
            1,
            Some("invalid character ']' looking for"),
        ),
        (
            format!("[{E},,{E}]"),
            1,
            Some("invalid character ',' looking for"),
        ),
        (format!("[{E}{E}]"), 1, Some("expected comma")),
        (format!("[{E}:{E}]"), 1, Some("expected comma")),
        (format!("[{E} x"), 1, Some("expected comma")),
        (
            format!("[{E},\u{feff}{E}]"),
            1,
            Some("invalid character '\\xef'"),
        ),
        // Values that are no events.
        ("[null]".into(), 0, Some("event name is empty")),
        (
            "[1]".into(),
            0,
            Some("json: cannot unmarshal number into Go value"),
        ),
        (
            "[true]".into(),
            0,
            Some("json: cannot unmarshal bool into Go value"),
        ),
        (
            "[[]]".into(),
            0,
            Some("json: cannot unmarshal array into Go value"),
        ),
        (
            format!("[[{E}]]"),
            0,
            Some("json: cannot unmarshal array into Go value"),
        ),
        (
            format!("[{E},\"x\"]"),
            1,
            Some("json: cannot unmarshal string"),
        ),
        ("[{}]".into(), 0, Some("event name is empty")),
        ("{}".into(), 0, Some("event name is empty")),
        ("5".into(), 0, Some("Request body must")),
        ("\"x\"".into(), 0, Some("Request body must")),
        ("null".into(), 0, Some("Request body must")),
        ("true".into(), 0, Some("Request body must")),
        ("]".into(), 0, Some("Request body must")),
        ("}".into(), 0, Some("Request body must")),
        ("x".into(), 0, Some("Request body must")),
        (format!("\u{feff}{E}"), 0, Some("Request body must")),
        (format!("// x\n{E}"), 0, Some("Request body must")),
        ("\0".into(), 0, Some("Request body must")),
        // One event and what is around it.
        (format!(" \n{E}\t "), 1, None),
        (
            format!("{E}x"),
            0,
            Some("invalid character 'x' after top-level value"),
        ),
        (
            format!("{E},{E}"),
            0,
            Some("invalid character ',' after top-level value"),
        ),
        (
            format!("{E}\n{E}"),
            0,
            Some("invalid character '{' after top-level value"),
        ),
        (
            format!("{E}\0"),
            0,
            Some("invalid character '\\x00' after top-level"),
        ),
        (
            format!("{E}\u{feff}"),
            0,
            Some("invalid character '\\xef' after top-level"),
        ),
        ("{".into(), 0, Some("unexpected end of JSON input")),
        ("{\"name\"".into(), 0, Some("unexpected end of JSON input")),
        (
            "{\"name\":\"a\\".into(),
            0,
            Some("unexpected end of JSON input"),
        ),
        (
            "{\"name\":\"a\\u00".into(),
            0,
            Some("unexpected end of JSON input"),
        ),
        (
            "{\"name\":\"a\",".into(),
            0,
            Some("unexpected end of JSON input"),
        ),
        // What is no JSON.
        (
            r#"{"name":"a",}"#.into(),
            0,
            Some("invalid character '}' looking for beginning of object key"),
        ),
        (
            r#"{,"name":"a"}"#.into(),
            0,
            Some("invalid character ',' looking for beginning of object key"),
        ),
        (
            r#"{name:"a"}"#.into(),
            0,
            Some("invalid character 'n' looking for beginning of object key"),
        ),
        (
            r#"{'name':"a"}"#.into(),
            0,
            Some(r"invalid character '\'' looking for"),
        ),
        (
            r#"{"name" "a"}"#.into(),
            0,
            Some("invalid character '\"' after object key"),
        ),
        (
            r#"{"name":"a" "v":"1"}"#.into(),
            0,
            Some("invalid character '\"' after object key:value pair"),
        ),
        (
            r#"{"name":"a","x":[1 2]}"#.into(),
            0,
            Some("invalid character '2' after array element"),
        ),
        (
            r#"{"name":"a","x":[1,]}"#.into(),
            0,
            Some("invalid character ']' looking for"),
        ),
        (
            r#"{"name":"a","x":[1}}"#.into(),
            0,
            Some("invalid character '}' after array element"),
        ),
        (
            r#"{"name":"a"]"#.into(),
            0,
            Some("invalid character ']' after object key:value pair"),
        ),
        (
            r#"{"name":"a","x":01}"#.into(),
            0,
            Some("invalid character '1' after object key:value"),
        ),
        (
            r#"{"name":"a","x":-}"#.into(),
            0,
            Some("invalid character '}' in numeric literal"),
        ),
        (
            r#"{"name":"a","x":+1}"#.into(),
            0,
            Some("invalid character '+' looking for"),
        ),
        (
            r#"{"name":"a","x":.5}"#.into(),
            0,
            Some("invalid character '.' looking for"),
        ),
        (
            r#"{"name":"a","x":1.}"#.into(),
            0,
            Some("invalid character '}' after decimal point"),
        ),
        (
            r#"{"name":"a","x":1e}"#.into(),
            0,
            Some("invalid character '}' in exponent"),
        ),
        (
            r#"{"name":"a","x":1e+}"#.into(),
            0,
            Some("invalid character '}' in exponent"),
        ),
        (
            r#"{"name":"a","x":0x10}"#.into(),
            0,
            Some("invalid character 'x' after object"),
        ),
        (
            r#"{"name":"a","x":NaN}"#.into(),
            0,
            Some("invalid character 'N' looking for"),
        ),
        (
            r#"{"name":"a","x":nul}"#.into(),
            0,
            Some("invalid character '}' in literal null"),
        ),
        (
            r#"{"name":"a","x":True}"#.into(),
            0,
            Some("invalid character 'T' looking for"),
        ),
        (
            r#"{"name":"a\'"}"#.into(),
            0,
            Some(r"invalid character '\'' in string escape"),
        ),
        (
            r#"{"name":"a\x41"}"#.into(),
            0,
            Some("invalid character 'x' in string escape"),
        ),
        (
            r#"{"name":"\u12g4"}"#.into(),
            0,
            Some("invalid character 'g' in \\u hexadecimal"),
        ),
        (
            "{\"name\":\"a\nb\"}".into(),
            0,
            Some("invalid character '\\x0a' in string literal"),
        ),
        (
            "{\"na\tme\":\"a\"}".into(),
            0,
            Some("invalid character '\\x09' in string literal"),
        ),
        // Fields of another type.
        (
            r#"{"name":"a","id":5}"#.into(),
            0,
            Some("json: cannot unmarshal number into Go struct field raw.id"),
        ),
        (
            r#"{"name":5,"name":"a"}"#.into(),
            0,
            Some("json: cannot unmarshal number into Go struct field raw.name"),
        ),
        (
            r#"{"name":"a","data":"x","data":{}}"#.into(),
            0,
            Some("json: cannot unmarshal string into Go struct field raw.data"),
        ),
        (
            r#"{"name":"a","ts":1.0}"#.into(),
            0,
            Some("json: cannot unmarshal number 1.0 into Go struct field raw.ts"),
        ),
        (
            r#"{"name":"a","ts":9223372036854775808}"#.into(),
            0,
            Some("json: cannot unmarshal number 9223372036854775808"),
        ),
        (
            r#"{"name":"a","ts":true}"#.into(),
            0,
            Some("json: cannot unmarshal bool into Go struct field raw.ts"),
        ),
        (
            r#"{"name":"a","data":{"x":[{"y":1e400}]}}"#.into(),
            0,
            Some(
                "json: cannot unmarshal number 1e400 into Go struct field raw.data of type float64",
            ),
        ),
        (
            r#"{"name":"a","data":{"x":1e400,"x":1}}"#.into(),
            0,
            Some("json: cannot unmarshal number 1e400"),
        ),
        (
            r#"{"name":"a","user":{"x":-1e400}}"#.into(),
            0,
            Some("json: cannot unmarshal number -1e400 into Go struct field raw.user"),
        ),
        // What the server has no field for is not looked at.
        (r#"{"name":"a","x":1e400,"":{},"data ":5}"#.into(), 1, None),
        (r#"{"name":"a","data":{"":1,"x":{}}}"#.into(), 1, None),
    ];
    for (body, taken, error) in cases {
        let reading = read(Some("application/json"), body.as_bytes());
        assert_eq!(
            reading.taken.len(),
            *taken,
            "{body:?} {:?}",
            reading.mistake
        );
        let found = reading.mistake.map(|mistake| mistake.error);
        match (&found, error) {
            (None, None) => {}
            (Some(found), Some(error)) => assert!(found.starts_with(error), "{body:?}: {found}"),
            _ => panic!("{body:?}: {found:?} and not {error:?}"),
        }
    }
}

#[test]
fn every_beginning_of_a_body_is_answered() {
    let body = r#" [ {"name":"a\u00e9\"","data":{"x":[1,-2.5e3,{}],"y":null},"ts":1743130137367,"meta":{"sessions":{"a":1}}} , {"NAME":"b","user":{"a":[true,false]}} ] x"#;
    for end in 0..body.len() {
        read(None, &body.as_bytes()[..end]);
        // And with each byte changed.
        for other in *b"\0\"\\,:{}[]0-.eEtfnux \xff" {
            let mut changed = body.as_bytes().to_vec();
            changed[end] = other;
            let reading = read(None, &changed);
            for mut event in reading.taken {
                event.data.take().unwrap_or_default().settle();
            }
        }
    }
}

#[test]
fn a_mistake_between_events_leaves_the_last_one_unnamed() {
    const E: &str = r#"{"name":"a"}"#;
    let named = |body: &str| read(None, body.as_bytes()).mistake.unwrap().named;
    for between in [",]", ",", "x", ",{\"name\":", ",{\"x\":01}"] {
        assert_eq!(named(&format!("[{E}{between}")), 0, "{between}");
        assert_eq!(named(&format!("[{E},{E},{E}{between}")), 2, "{between}");
    }
    for within in [
        "{}",
        "5",
        r#"{"name":"inngest/x"}"#,
        r#"{"name":"a","ts":1}"#,
    ] {
        assert_eq!(named(&format!("[{E},{E},{within},{E}]")), 2, "{within}");
    }
}

#[test]
fn times_are_nanoseconds_that_wrap() {
    for (ts, fits) in [
        (0, true),
        (1, false),
        (-1, false),
        (MIN_MILLIS, true),
        (MIN_MILLIS - 1, false),
        (MAX_MILLIS, true),
        (MAX_MILLIS + 1, false),
        (20_000_000_000_000, true),
        (10_000_000_000_000, false),
        (-18_000_000_000_000, true),
        (i64::MAX, false),
        (i64::MIN, false),
    ] {
        let body = format!(r#"{{"name":"a","ts":{ts}}}"#);
        assert_eq!(
            read(None, body.as_bytes()).taken.len(),
            usize::from(fits),
            "{ts}"
        );
    }
}

#[test]
fn names_that_the_server_keeps_for_itself() {
    for (name, taken) in [
        ("inngest/x", 0),
        ("InnGest/x", 0),
        ("İNNGEST/x", 0),
        ("ınngest/x", 1),
        ("inngest", 1),
        ("inngestx/y", 1),
        (" inngest/x", 1),
        ("inngeſt/x", 1),
    ] {
        let body = json!({ "name": name }).to_string();
        assert_eq!(read(None, body.as_bytes()).taken.len(), taken, "{name}");
    }
}

#[test]
fn parts_of_a_form_are_no_event() {
    for content_type in ["multipart/form-data; boundary=x", "Multipart/Form-Data"] {
        let reading = read(Some(content_type), br#"{"name":"a"}"#);
        assert_eq!((reading.taken.len(), reading.mistake.is_some()), (0, true));
    }
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        assert_eq!(read(content_type, br#"{"name":"a"}"#).taken.len(), 1);
    }
}

/// Sessions as sent, and those that the server keeps or the end of its error.
#[test]
fn sessions_are_resolved() {
    let long = |bytes: usize| "k".repeat(bytes);
    let cases = [
        (r#"{}"#.to_owned(), Ok(json!({}))),
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
        let mut reading = read(None, body.as_bytes());
        match expected {
            Ok(kept) => {
                let event = reading.taken.pop();
                let event = event.unwrap_or_else(|| panic!("{meta}: {:?}", reading.mistake));
                assert_eq!(Value::from(event.sessions.kept), kept, "{meta}");
            }
            Err(end) => {
                let error = reading.mistake.unwrap().error;
                assert!(error.ends_with(end), "{meta}: {error}");
            }
        }
    }
    for meta in ["5", "\"x\"", "[]", "true"] {
        let body = format!(r#"{{"name":"a","meta":{meta},"meta":{{}}}}"#);
        assert!(read(None, body.as_bytes()).mistake.is_some(), "{meta}");
    }
}

/// How deep, and whether it is kept.
#[test]
fn depths() {
    for array in [true, false] {
        let nested = |levels: usize| {
            if array {
                "[".repeat(levels) + &"]".repeat(levels)
            } else {
                r#"{"a":"#.repeat(levels) + "1" + &"}".repeat(levels)
            }
        };
        for (levels, taken, vanishes) in [
            (1, true, false),
            (599, true, false),
            (600, true, false),
            (9_997, true, false),
            (9_998, true, true),
            (9_999, false, false),
            (200_000, false, false),
        ] {
            let deep = nested(levels);
            for field in ["data", "user", "else"] {
                let event = format!(r#"{{"name":"a","{field}":{{"x":{deep}}}}}"#);
                for body in [event.clone(), format!("[{event}]")] {
                    let mut reading = read(None, body.as_bytes());
                    assert_eq!(reading.taken.len(), usize::from(taken), "{levels}");
                    if let Some(event) = reading.taken.pop() {
                        assert_eq!(event.vanishes, vanishes, "{levels}");
                        let Some(object) = event.data.or(event.user) else {
                            continue;
                        };
                        let (value, whole) = object.settle();
                        // Compares, prints and drops of what is given out fit a test's stack.
                        assert_eq!(value.clone(), value);
                        assert!(!format!("{value:?}{value}").is_empty());
                        assert_eq!(whole.is_some(), levels > 599, "{levels}");
                        let whole = whole.as_deref().map(str::to_owned);
                        let whole = whole.unwrap_or_else(|| value.to_string());
                        assert_eq!(whole, format!(r#"{{"x":{deep}}}"#));
                    }
                }
            }
        }
        // Values that do not last are as deep.
        let deep = nested(9_000);
        for body in [
            format!(r#"{{"name":"a","data":{{"x":{deep},"x":1}}}}"#),
            format!(r#"{{"name":"a","data":{{"x":{deep}}},"data":{{"x":1}}}}"#),
            format!(r#"{{"name":"a","data":{{"x":{deep}}},"data":null}}"#),
            format!(r#"{{"name":"a","data":{{"_inngest":{deep}}}}}"#),
        ] {
            assert!(!data(one(&body)).to_string().contains("[["));
        }
        for body in [
            format!(r#"{{"name":"a","data":{{"x":{deep},"y":1e400}}}}"#),
            format!(r#"{{"name":"a","data":{{"x":{deep}}},"ts":1}}"#),
            format!(r#"{{"name":"a","data":{{"x":{deep}}},"id":{deep}}}"#),
            format!(r#"{{"name":"a","meta":{{"sessions":{{"x":{deep}}}}}}}"#),
        ] {
            assert!(read(None, body.as_bytes()).mistake.is_some());
        }
    }
}
