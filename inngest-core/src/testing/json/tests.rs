//! Compares the parser with `serde_json`.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::super::value::{self, Object};
use super::*;

/// Fragments that sometimes concatenate to valid JSON.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\"a\"",
    "\"b\":",
    "\"\\u00e9\"",
    "\"\\ud83d\"",
    "\\",
    "\\n",
    "\u{1}",
    "é",
    "0",
    "-",
    "1",
    "-0",
    "01",
    "1.5",
    "1.",
    ".5",
    "e3",
    "E-2",
    "1e400",
    "true",
    "false",
    "null",
    "nul",
    "t",
    " ",
    "\n",
    "\t",
    "\u{b}",
    "{}",
    "[]",
    "[1,",
    "{\"c\":1,",
];

/// Returns whether the text is a single value.
fn is_json(text: &[u8]) -> bool {
    scan_value(text, 0).is_ok_and(|extent| skip_space(text, extent.end) == text.len())
}

/// Values whose numbers `serde_json` and Go parse alike.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-1_000_i64..1_000).prop_map(Value::from),
        (1_i32..4_000).prop_map(|quarters| Value::from(f64::from(quarters) / 4.0 + 0.125)),
        "\\PC{0,8}".prop_map(Value::from),
        "[\\x00-\\x1f\"\\\\/]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec(("[a-c\"é]{0,2}", inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// `IgnoredAny` accepts the same grammar.
    #[test]
    fn grammar_matches_serde_json(pieces in vec(select(PIECES), 0..9)) {
        let text = pieces.concat();
        let expected = serde_json::from_str::<IgnoredAny>(&text).is_ok();
        prop_assert_eq!(is_json(text.as_bytes()), expected, "{}", text);
    }

    #[test]
    fn changed_bytes_match_serde_json(value in values(), place: prop::sample::Index, byte: u8) {
        let mut text = value.to_string().into_bytes();
        let place = place.index(text.len());
        text[place] = byte;
        let expected = serde_json::from_slice::<IgnoredAny>(&text).is_ok();
        prop_assert_eq!(is_json(&text), expected, "{}", String::from_utf8_lossy(&text));
        if expected {
            Object::read(&text);
        }
    }

    #[test]
    fn values_round_trip(value in values()) {
        let object = serde_json::json!({ "value": value });
        for text in [object.to_string(), serde_json::to_string_pretty(&object).unwrap()] {
            let (read, too_large) = Object::read(text.as_bytes());
            prop_assert_eq!(too_large, None);
            let (read, whole) = read.into_value();
            prop_assert_eq!((&read, whole), (&object, None));
            let mut written = String::new();
            value::write(&mut written, &read);
            let again: Value = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(&again, &object);
            // `members` finds the same value.
            let found = members(text.as_bytes()).unwrap();
            let found: Value = serde_json::from_slice(found[0].1).unwrap();
            prop_assert_eq!(&found, &object["value"]);
        }
    }
}

#[test]
fn depth_is_measured() {
    for (text, levels) in [
        ("1", 0),
        ("[]", 1),
        ("[1,{}]", 2),
        (r#"{"a":[{"b":"[[[["}],"c":[]}"#, 3),
    ] {
        let end = text.len();
        assert_eq!(scan_value(text.as_bytes(), 0), Ok(Scanned { end, levels }));
    }
    for (levels, fits) in [(MAX_OPEN, true), (MAX_OPEN + 1, false)] {
        let text = "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(is_json(text.as_bytes()), fits);
    }
}
