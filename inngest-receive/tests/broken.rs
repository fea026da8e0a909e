//! Tests that broken, deep, large and odd JSON gives an error and never a panic, in linear time.

use std::time::{Duration, Instant};

use inngest_core::Event;
use inngest_receive::{DecodeErrorKind, Events, RawReceived, Received, decode, decode_all};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "shop/item.imported")]
struct ItemImported {
    item_id: String,
    counts: Vec<u8>,
    more: Option<Value>,
}

#[derive(Debug, Events)]
enum ShopEvent {
    ItemImported(Received<ItemImported>),
}

#[derive(Debug, Events)]
enum AnyEvent {
    ItemImported(Received<ItemImported>),
    #[events(other)]
    Other(RawReceived),
}

const EVENT: &str = r#"{"data":{"counts":[1,2],"item_id":"9 \"\\ é","more":{"a":[{}]}},"id":"i","meta":{"sessions":{"s":"1"}},"name":"shop/item.imported","ts":1795877869994,"user":{"a":1}}"#;

/// Whether serde accepts the text as JSON.
fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

#[test]
fn the_whole_event_decodes() {
    let AnyEvent::ItemImported(item) = decode(EVENT).unwrap() else {
        panic!()
    };
    assert_eq!(item.data.item_id, "9 \"\\ é");
    assert_eq!((item.ts, item.id.as_str()), (1_795_877_869_994, "i"));
    assert_eq!(item.sessions["s"], "1");
    assert_eq!(item.user.unwrap().get(), r#"{"a":1}"#);
}

#[test]
fn every_prefix_of_an_event_is_an_error() {
    for end in 0..EVENT.len() {
        let prefix = &EVENT.as_bytes()[..end];
        assert!(decode::<AnyEvent>(prefix).is_err(), "{end}");
        assert!(
            decode_all::<AnyEvent>([b"[", prefix].concat()).is_err(),
            "{end}"
        );
    }
}

#[test]
fn changed_bytes_decode_only_if_the_text_is_json() {
    for at in 0..EVENT.len() {
        for byte in [
            b'"', b'\\', b'{', b'}', b'[', b']', b',', b':', b'0', b' ', 0, 0x1f, 0xff,
        ] {
            let mut text = EVENT.as_bytes().to_vec();
            text[at] = byte;
            let decoded = decode::<AnyEvent>(&text);
            assert!(is_json(&text) || decoded.is_err(), "{at} {byte}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn bytes_do_not_panic(text: Vec<u8>) {
        let _ = decode::<AnyEvent>(&text);
        let _ = decode_all::<ShopEvent>(&text);
    }

    #[test]
    fn only_json_decodes(
        data in r#"[\[\]{}",:\\0-9a-z ]{0,30}"#,
        between in r#"[{}",: a]{0,10}"#,
    ) {
        let text = format!(r#"{{"data":{{{data}}}{between},"name":"a/b"}}"#);
        if decode::<AnyEvent>(&text).is_ok() {
            prop_assert!(is_json(text.as_bytes()), "{}", text);
        }
    }

    #[test]
    fn keys_may_come_in_any_order(
        order in Just(vec![0_usize, 1, 2, 3, 4, 5, 6]).prop_shuffle(),
        space in "[ \t\r\n]{0,3}",
    ) {
        let members = [
            r#""data":{"item_id":"7","counts":[]}"#,
            r#""id":"i""#,
            r#""n\u0061me":"shop\/item.imported""#,
            r#""ts":5"#,
            r#""user":{}"#,
            r#""v":null"#,
            r#""unknown":[1,{"name":"x"}]"#,
        ];
        let members: Vec<String> = order
            .iter()
            .map(|index| format!("{space}{}{space}", members[*index].replace(':', &format!("{space}:{space}"))))
            .collect();
        let text = format!("{space}{{{}}}{space}", members.join(","));
        let ShopEvent::ItemImported(item) = decode(&text).unwrap();
        prop_assert_eq!(item.data.item_id, "7");
    }
}

fn error(text: &str) -> inngest_receive::DecodeError {
    decode::<ShopEvent>(text).unwrap_err()
}

#[test]
fn errors_name_the_path() {
    let data =
        |data: &str| format!(r#"{{"data":{data},"id":"i","name":"shop/item.imported","ts":5}}"#);
    for (text, path) in [
        (data(r#"{"item_id":7,"counts":[]}"#), "data.item_id"),
        (
            data(r#"{"item_id":"7","counts":[1,256]}"#),
            "data.counts[1]",
        ),
        (data(r#"{"item_id":"7","counts":[1,,2]}"#), "data.counts[1]"),
        (data(r#"{"item_id":"7"}"#), "data"),
        (data(r#"{"item_id":"7","item_id":"8","counts":[]}"#), "data"),
        (data("[]"), "data"),
        (data("7"), "data"),
        (data("null"), "data"),
        (
            r#"{"name":"shop/item.imported","name":"shop/item.imported"}"#.into(),
            "name",
        ),
        (
            r#"{"data":{},"data":{},"name":"shop/item.imported"}"#.into(),
            "data",
        ),
        (r#"{"name":7}"#.into(), "name"),
        (r#"{"name":null}"#.into(), "name"),
        (r#"{"data":{}}"#.into(), "name"),
        (r#"{"name":"a\u12"}"#.into(), "name"),
        (r#"{"name":"shop/item.imported","id":7}"#.into(), "id"),
        (r#"{"name":"shop/item.imported","ts":1.5e}"#.into(), "ts"),
        (r#"{"name":"shop/item.imported","ts":07}"#.into(), "ts"),
        (
            r#"{"name":"shop/item.imported","user":{"a":}}"#.into(),
            "user",
        ),
        (r#"{"name":"shop/item.imported","v":{}}"#.into(), "v"),
        (
            data(r#"{"item_id":"7","counts":[]}"#).replace("5}", r#""5"}"#),
            "ts",
        ),
        (
            data(r#"{"item_id":"7","counts":[]}"#).replace("5}", r#"5,"meta":{"sessions":[]}}"#),
            "meta.sessions",
        ),
    ] {
        let error = error(&text);
        assert_eq!(error.path(), path, "{text}: {error}");
        assert!(
            error.to_string().starts_with(&format!("`{path}`")),
            "{error}"
        );
    }
    assert_eq!(error("[]").path(), "");
    assert_eq!(error("").path(), "");
}

#[test]
fn one_bad_event_of_a_batch_does_not_hide_the_others() {
    let other = r#"{"data":{},"name":"shop/unknown","ts":5}"#;
    let cut = r#"{"data":{"item_id":"7","counts":[1,]},"name":"shop/item.imported"}"#;
    let events = decode_all::<ShopEvent>(format!("[{EVENT},{other},7,{cut},{EVENT}]")).unwrap();
    let results: Vec<_> = events
        .iter()
        .map(|event| event.as_ref().map(|_| ()).map_err(ToString::to_string))
        .collect();
    assert_eq!(
        results,
        [
            Ok(()),
            Err("`[1]` of `shop/unknown`: no variant has this event; add a variant for it, or one with `#[events(other)]`".into()),
            Err("`[2]`: the event is not an object; pass one event with its name and data".into()),
            Err("`[3].data.counts` of `shop/item.imported`: trailing comma; pass the JSON as it was received".into()),
            Ok(()),
        ]
    );
}

#[test]
fn unknown_events_and_versions_are_named() {
    let error = error(r#"{"name":"shop/item.imported","v":"2"}"#);
    assert_eq!(
        error.to_string(),
        "`shop/item.imported` version `2`: no variant has this version of the event, only events \
         without a version; add the type of this version with `#[events(from(…))]`, or \
         `#[events(any_version)]`"
    );
    assert_eq!(
        error.kind(),
        &DecodeErrorKind::UnknownVersion { known: vec![None] }
    );
    assert!(matches!(
        decode(r#"{"name":"shop/item.imported","v":"2"}"#).unwrap(),
        AnyEvent::Other(raw) if raw.version.as_deref() == Some("2") && raw.data.get() == "{}"
    ));
}

#[test]
fn errors_show_no_data() {
    let text = EVENT.replace("[1,2]", r#"["secret-5310"]"#);
    let error = error(&text);
    assert_eq!(error.path(), "data.counts[0]");
    assert!(
        !format!("{error} {error:?}").contains("secret-5310"),
        "{error}"
    );
}

/// How long decoding text with many parts takes.
fn time(parts: usize, text: impl Fn(usize) -> String) -> Duration {
    let text = text(parts);
    let mut shortest = Duration::MAX;
    for _ in 0..5 {
        let began = Instant::now();
        let _ = decode::<AnyEvent>(&text);
        let _ = decode_all::<ShopEvent>(&text);
        shortest = shortest.min(began.elapsed());
    }
    shortest
}

#[test]
fn time_grows_with_the_length() {
    let in_data = |value: String| {
        format!(
            r#"{{"data":{{"counts":[],"item_id":"7","more":{value}}},"name":"shop/item.imported"}}"#
        )
    };
    let cases: [&dyn Fn(usize) -> String; 8] = [
        &|n| in_data("[".repeat(n)),
        &|n| in_data("[".repeat(n) + &"]".repeat(n)),
        &|n| in_data(format!("[{}]", r#"{"a":"b"},"#.repeat(n))),
        &|n| in_data(format!("\"{}\"", "\\\"".repeat(n))),
        &|n| format!(r#"{{"name":"{}"}}"#, "\\u0061".repeat(n)),
        &|n| format!("[{}1]", "{},".repeat(n)),
        &|n| format!(r#"{{{}"name":"a/b"}}"#, r#""x":1,"#.repeat(n)),
        &|n| format!(r#"{{{}"name":"a/b"}}"#, r#""data":{},"#.repeat(n)),
    ];
    for (index, case) in cases.iter().enumerate() {
        let (short, long) = (time(20_000, case), time(320_000, case));
        // 16 times as long. Quadratic time would be 256 times as long.
        assert!(
            long < short * 100 + Duration::from_millis(20),
            "{index}: {short:?} {long:?}"
        );
    }
}

#[test]
fn deep_data_is_kept_raw() {
    let deep = format!("{}{}", "[".repeat(9_990), "]".repeat(9_990));
    let text = format!(r#"{{"data":{{"x":{deep}}},"name":"a/b","ts":5}}"#);
    let AnyEvent::Other(raw) = decode(&text).unwrap() else {
        panic!()
    };
    assert!(raw.data.get().contains(&deep));
    // Serde stops at 128 levels, so a small stack is enough.
    let text = format!(
        r#"{{"data":{{"counts":[],"item_id":"7","more":{deep}}},"name":"shop/item.imported","ts":5}}"#
    );
    let error = error(&text);
    assert!(
        matches!(error.kind(), DecodeErrorKind::Data { .. }),
        "{error}"
    );
    assert!(error.path().starts_with("data.more"), "{error}");
}
