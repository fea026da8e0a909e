//! Checks that bodies are accepted, refused and changed as by the real server.

use serde_json::{Value, json};

use super::*;

mod depths;
mod meta;

fn one(body: impl AsRef<[u8]>) -> Incoming {
    let body = body.as_ref();
    let mut parsed = read(None, body);
    let shown = String::from_utf8_lossy(body);
    assert_eq!(parsed.error, None, "{shown}");
    assert_eq!(parsed.accepted.len(), 1, "{shown}");
    parsed.accepted.pop().unwrap()
}

fn data(event: Incoming) -> Value {
    event.data.map_or(Value::Null, |data| data.into_value().0)
}

#[test]
fn keys_ignore_case_and_the_last_one_wins() {
    let event = one(r#"{"name":"a","NAME":"b","Data":{"x":1,"y":1},"data":{"x":2},"V":"1"}"#);
    assert_eq!((event.name.as_str(), event.v.as_deref()), ("b", Some("1")));
    assert_eq!(data(event), json!({ "x": 2, "y": 1 }));
    let event = one(r#"{"name":"a","data":{"x":1},"user":{"a":1},"data":null,"user":null}"#);
    assert!(event.data.is_none() && event.user.is_none());
    // The long s folds to s; the dotless i does not fold.
    let event = one("{\"name\":\"a\",\"tſ\":1743130137367,\"\\u0054\\u017f\":1743130137368}");
    assert_eq!(event.ts, Some(1_743_130_137_368));
    assert_eq!(
        one("{\"name\":\"a\",\"ıd\":5,\"ID\":\"x\"}").id.unwrap(),
        "x"
    );
}

#[test]
fn a_later_null_clears_only_objects() {
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
fn invalid_bytes_and_escapes_are_replaced() {
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
    // Go replaces each invalid byte separately.
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
        // A key with replaced bytes matches no field.
        let body = [br#"{"name":"a","v"#, bytes, br#"":5}"#].concat();
        assert_eq!(one(&body).v, None);
    }
}

#[test]
fn numbers_are_stored_as_doubles() {
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
            json!(1.234_567_890_123_456_8e29),
        ),
    ] {
        let event = one(format!(r#"{{"name":"a","data":{{"n":[{number}]}}}}"#));
        assert_eq!(data(event)["n"][0], expected, "{number}");
    }
}

#[test]
fn numbers_are_formatted_like_go() {
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

/// Checks how many events of each body are accepted and how its error message starts. `§` stands
/// for an event. The expectations follow Go's `encoding/json`.
fn check(cases: &[(&str, usize, &str)]) {
    for (body, accepted, error) in cases {
        let body = body.replace('§', r#"{"name":"a"}"#);
        let parsed = read(Some("application/json"), body.as_bytes());
        assert_eq!(
            parsed.accepted.len(),
            *accepted,
            "{body:?} {:?}",
            parsed.error
        );
        let found = parsed.error.map_or(String::new(), |error| error.message);
        assert_eq!(found.is_empty(), error.is_empty(), "{body:?}: {found}");
        assert!(found.starts_with(error), "{body:?}: {found}");
    }
}

#[test]
fn malformed_arrays() {
    check(&[
        ("[]", 0, ""),
        (" [ \n] xyz", 0, ""),
        // Without an end, or closed by a brace.
        ("[", 0, ""),
        ("[ \n", 0, ""),
        ("[}", 0, ""),
        ("[§", 1, ""),
        ("[§ \n", 1, ""),
        ("[§,§", 2, ""),
        ("[§}", 1, ""),
        ("[§]]]", 1, ""),
        ("[§]§", 1, ""),
        ("[§,", 1, "EOF"),
        ("[§, ", 1, "EOF"),
        ("[§,{", 1, "unexpected EOF"),
        ("[§,{\"name\":\"a", 1, "unexpected EOF"),
        ("[§,tru", 1, "unexpected EOF"),
        ("[§,-", 1, "unexpected EOF"),
        // Between events.
        ("[,", 0, "invalid character ',' looking for"),
        ("[,§]", 0, "invalid character ',' looking for"),
        ("[§,]", 1, "invalid character ']' looking for"),
        ("[§,,§]", 1, "invalid character ',' looking for"),
        ("[§§]", 1, "expected comma"),
        ("[§:§]", 1, "expected comma"),
        ("[§ x", 1, "expected comma"),
        ("[§,\u{feff}§]", 1, "invalid character '\\xef'"),
        // Values that are not events.
        ("[null]", 0, "event name is empty"),
        ("[{}]", 0, "event name is empty"),
        ("[1]", 0, "json: cannot unmarshal number into Go value"),
        ("[true]", 0, "json: cannot unmarshal bool into Go value"),
        ("[[]]", 0, "json: cannot unmarshal array into Go value"),
        ("[[§]]", 0, "json: cannot unmarshal array into Go value"),
        (
            "[§,\"x\"]",
            1,
            "json: cannot unmarshal string into Go value",
        ),
    ]);
}

#[test]
fn malformed_bodies() {
    check(&[
        ("", 0, ""),
        (" \t\r\n ", 0, ""),
        ("5", 0, "Request body must"),
        ("\"x\"", 0, "Request body must"),
        ("null", 0, "Request body must"),
        ("true", 0, "Request body must"),
        ("]", 0, "Request body must"),
        ("}", 0, "Request body must"),
        ("x", 0, "Request body must"),
        ("\u{feff}§", 0, "Request body must"),
        ("\u{b}§", 0, "Request body must"),
        ("// x\n§", 0, "Request body must"),
        ("\0", 0, "Request body must"),
        // Text around a single event.
        (" \n§\t ", 1, ""),
        ("§x", 0, "invalid character 'x' after top-level value"),
        ("§,§", 0, "invalid character ',' after top-level value"),
        ("§\n§", 0, "invalid character '{' after top-level value"),
        ("§\0", 0, "invalid character '\\x00' after top-level"),
        ("§\u{feff}", 0, "invalid character '\\xef' after top-level"),
        ("{}", 0, "event name is empty"),
        ("{", 0, "unexpected end of JSON input"),
        ("{\"name\"", 0, "unexpected end of JSON input"),
        ("{\"name\":\"a\\", 0, "unexpected end of JSON input"),
        ("{\"name\":\"a\\u00", 0, "unexpected end of JSON input"),
        ("{\"name\":\"a\",", 0, "unexpected end of JSON input"),
    ]);
}

#[test]
fn malformed_objects() {
    check(&[
        (
            r#"{"name":"a",}"#,
            0,
            "invalid character '}' looking for beginning of object key",
        ),
        (
            r#"{,"name":"a"}"#,
            0,
            "invalid character ',' looking for beginning of object key",
        ),
        (
            r#"{name:"a"}"#,
            0,
            "invalid character 'n' looking for beginning of object key",
        ),
        (r#"{'name':"a"}"#, 0, r"invalid character '\'' looking for"),
        (
            r#"{"name" "a"}"#,
            0,
            "invalid character '\"' after object key",
        ),
        (
            r#"{"name":"a" "v":"1"}"#,
            0,
            "invalid character '\"' after object key:value pair",
        ),
        (
            r#"{"name":"a","x":[1 2]}"#,
            0,
            "invalid character '2' after array element",
        ),
        (
            r#"{"name":"a","x":[1,]}"#,
            0,
            "invalid character ']' looking for",
        ),
        (
            r#"{"name":"a","x":[1}}"#,
            0,
            "invalid character '}' after array element",
        ),
        (
            r#"{"name":"a"]"#,
            0,
            "invalid character ']' after object key:value pair",
        ),
        (
            r#"{"name":"a\'"}"#,
            0,
            r"invalid character '\'' in string escape",
        ),
        (
            r#"{"name":"a\x41"}"#,
            0,
            "invalid character 'x' in string escape",
        ),
        (
            r#"{"name":"\u12g4"}"#,
            0,
            "invalid character 'g' in \\u hexadecimal",
        ),
        (
            "{\"name\":\"a\nb\"}",
            0,
            "invalid character '\\x0a' in string literal",
        ),
        (
            "{\"na\tme\":\"a\"}",
            0,
            "invalid character '\\x09' in string literal",
        ),
        (
            r#"{"name":"a","x":nul}"#,
            0,
            "invalid character '}' in literal null",
        ),
        (
            r#"{"name":"a","x":True}"#,
            0,
            "invalid character 'T' looking for",
        ),
        (
            r#"{"name":"a","x":NaN}"#,
            0,
            "invalid character 'N' looking for",
        ),
        // Unknown fields are ignored.
        (r#"{"name":"a","x":1e400,"":{},"data ":5}"#, 1, ""),
        (r#"{"name":"a","data":{"":1,"x":{}}}"#, 1, ""),
    ]);
}

#[test]
fn malformed_numbers() {
    let field = "json: cannot unmarshal number";
    check(&[
        (
            r#"{"name":"a","x":01}"#,
            0,
            "invalid character '1' after object key:value",
        ),
        (
            r#"{"name":"a","x":-}"#,
            0,
            "invalid character '}' in numeric literal",
        ),
        (
            r#"{"name":"a","x":-01}"#,
            0,
            "invalid character '1' after object key:value",
        ),
        (
            r#"{"name":"a","x":+1}"#,
            0,
            "invalid character '+' looking for",
        ),
        (
            r#"{"name":"a","x":.5}"#,
            0,
            "invalid character '.' looking for",
        ),
        (
            r#"{"name":"a","x":1.}"#,
            0,
            "invalid character '}' after decimal point",
        ),
        (
            r#"{"name":"a","x":1e}"#,
            0,
            "invalid character '}' in exponent",
        ),
        (
            r#"{"name":"a","x":1e+}"#,
            0,
            "invalid character '}' in exponent",
        ),
        (
            r#"{"name":"a","x":0x10}"#,
            0,
            "invalid character 'x' after object",
        ),
        (r#"{"name":"a","x":-0.0E-0}"#, 1, ""),
        (
            r#"{"name":"a","ts":1.0}"#,
            0,
            "json: cannot unmarshal number 1.0 into Go struct field raw.ts",
        ),
        (
            r#"{"name":"a","ts":1e12}"#,
            0,
            "json: cannot unmarshal number 1e12 into Go struct field raw.ts",
        ),
        (r#"{"name":"a","ts":-0.0}"#, 0, field),
        (r#"{"name":"a","ts":-0}"#, 1, ""),
        (r#"{"name":"a","ts":9223372036854775808}"#, 0, field),
        (
            r#"{"name":"a","data":{"x":[{"y":1e400}]}}"#,
            0,
            "json: cannot unmarshal number 1e400 into Go struct field raw.data of type float64",
        ),
        (
            r#"{"name":"a","data":{"x":1.7976931348623159e308}}"#,
            0,
            field,
        ),
        (r#"{"name":"a","data":{"x":1e400,"x":1}}"#, 0, field),
        (
            r#"{"name":"a","user":{"x":-1e400}}"#,
            0,
            "json: cannot unmarshal number -1e400 into Go struct field raw.user",
        ),
    ]);
}

#[test]
fn fields_of_the_wrong_type() {
    let values = ["5", "true", "\"x\"", "[]", "{}"];
    let kinds = ["number", "bool", "string", "array", "object"];
    for (field, fits) in [
        ("id", "string"),
        ("v", "string"),
        ("ts", "number"),
        ("data", "object"),
        ("user", "object"),
        ("meta", "object"),
    ] {
        for (value, kind) in values.iter().zip(kinds) {
            // A later valid value does not hide the error.
            let body = format!(r#"{{"name":"a","{field}":{value},"{field}":null}}"#);
            let error = format!("json: cannot unmarshal {kind}");
            match (fits == kind, field) {
                // 5 ms after the Unix epoch is too early.
                (true, "ts") => check(&[(&body, 0, "timestamp is before")]),
                (true, _) => check(&[(&body, 1, "")]),
                (false, _) => check(&[(&body, 0, &error)]),
            }
        }
    }
    check(&[(
        r#"{"name":5,"name":"a"}"#,
        0,
        "json: cannot unmarshal number into Go struct field raw.name of type string",
    )]);
}

#[test]
fn truncated_and_changed_bodies_do_not_panic() {
    let body = r#" [ {"name":"a\u00e9\"","data":{"x":[1,-2.5e3,{}],"y":null},"ts":1743130137367,"meta":{"sessions":{"a":1}}} , {"NAME":"b","user":{"a":[true,false]}} ] x"#;
    for end in 0..body.len() {
        read(None, &body.as_bytes()[..end]);
        // Also with each byte changed.
        for other in *b"\0\"\\,:{}[]0-.eEtfnux \xff" {
            let mut changed = body.as_bytes().to_vec();
            changed[end] = other;
            let parsed = read(None, &changed);
            for mut event in parsed.accepted {
                event.data.take().unwrap_or_default().into_value();
            }
        }
    }
}

#[test]
fn errors_between_events_omit_the_last_event() {
    const E: &str = r#"{"name":"a"}"#;
    let listed = |body: &str| read(None, body.as_bytes()).error.unwrap().listed;
    for between in [",]", ",", "x", ",{\"name\":", ",{\"x\":01}"] {
        assert_eq!(listed(&format!("[{E}{between}")), 0, "{between}");
        assert_eq!(listed(&format!("[{E},{E},{E}{between}")), 2, "{between}");
    }
    for within in [
        "{}",
        "5",
        r#"{"name":"inngest/x"}"#,
        r#"{"name":"a","ts":1}"#,
    ] {
        assert_eq!(listed(&format!("[{E},{E},{within},{E}]")), 2, "{within}");
    }
}

#[test]
fn timestamps_wrap_in_nanoseconds() {
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
            read(None, body.as_bytes()).accepted.len(),
            usize::from(fits),
            "{ts}"
        );
    }
}

#[test]
fn reserved_event_names() {
    for (name, accepted) in [
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
        assert_eq!(
            read(None, body.as_bytes()).accepted.len(),
            accepted,
            "{name}"
        );
    }
}

#[test]
fn form_bodies_are_rejected() {
    for content_type in ["multipart/form-data; boundary=x", "Multipart/Form-Data"] {
        let parsed = read(Some(content_type), br#"{"name":"a"}"#);
        assert_eq!((parsed.accepted.len(), parsed.error.is_some()), (0, true));
    }
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        assert_eq!(read(content_type, br#"{"name":"a"}"#).accepted.len(), 1);
    }
}
