//! Tests that no error about a received event shows its values, whichever crate wrote the message.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

use inngest_core::{AsString, Event};
use inngest_receive::system::{FunctionFailed, FunctionInvoked, ScheduledTimer};
use inngest_receive::{Events, FunctionCall, RawReceived, Received, decode, decode_all};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Strings that no type below accepts. Their parts are as recognizable as the whole.
const TEXTS: [&str; 5] = [
    "ADA-53107-LOVELACE",
    "5310-77-53T10:77:53.107Z LOVELACE",
    "https://ADA:53107@[LOVELACE",
    "ADA `53107` \"LOVELACE\", expected `x`",
    "5310777531077753107775310777",
];
/// A number that no type below accepts.
const NUMBER: i64 = -5_310_777_531_077_753;
const PARTS: [&str; 4] = ["ADA", "53107", "LOVELACE", "5310"];

fn assert_hidden(what: &str, error: &(impl Display + Debug)) {
    let shown = format!("{error}\n{error:?}\n{error:#?}");
    for part in PARTS {
        assert!(!shown.contains(part), "{what}: {shown}");
    }
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its errors are read")]
struct Data<T> {
    value: T,
}

/// Checks the errors of one type for all values.
fn check<T: DeserializeOwned>() {
    let what = std::any::type_name::<T>();
    let texts = TEXTS.into_iter().map(Value::from);
    let mut errors = 0;
    for value in texts.chain([json!(NUMBER)]) {
        for value in [
            value.clone(),
            json!([value]),
            json!({ "a": value, "kind": value }),
        ] {
            let event = json!({ "data": { "value": value }, "id": "i", "name": "a/b", "ts": 1 });
            let raw: RawReceived = decode(event.to_string()).unwrap();
            if let Err(error) = raw.deserialize::<Data<T>>() {
                errors += 1;
                assert_hidden(what, &error);
            }
        }
    }
    assert!(errors > 10, "{what} accepts the values");
}

/// A string type whose error quotes the value.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Quoting;

impl TryFrom<String> for Quoting {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Err(format!("{text:?} ({text}, '{}') is refused", &text[..8]))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its errors are read")]
enum External {
    A,
    B(u8),
    C { a: u8 },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind")]
#[allow(dead_code, reason = "only its errors are read")]
enum Internal {
    A,
    B { a: u8 },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its errors are read")]
enum Untagged {
    A(u8),
    B(External),
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its errors are read")]
struct Flattened {
    #[serde(flatten)]
    inner: Internal,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[derive(Debug, Deserialize)]
#[serde(transparent)]
#[allow(dead_code, reason = "only its errors are read")]
struct With(#[serde(with = "AsString")] u64);

#[derive(Debug, Deserialize)]
#[serde(transparent)]
#[allow(dead_code, reason = "only its errors are read")]
struct Seconds(#[serde(with = "chrono::serde::ts_seconds")] chrono::DateTime<chrono::Utc>);

#[derive(Debug, Deserialize)]
#[serde(transparent)]
#[allow(dead_code, reason = "only its errors are read")]
struct Rfc3339(#[serde(with = "time::serde::rfc3339")] time::OffsetDateTime);

#[test]
fn errors_of_types_show_no_values() {
    macro_rules! check_all {
        ($($type:ty),* $(,)?) => { $(check::<$type>();)* };
    }
    check_all![
        (), bool, u8, i8, u32, i32, char, [u8; 2], (u8, u8), Option<u8>, Vec<Vec<u8>>,
        BTreeMap<u8, u8>, BTreeMap<String, u8>, std::num::NonZeroU8, std::net::IpAddr,
        std::net::SocketAddr, std::time::Duration, std::time::SystemTime, std::ops::Range<u8>,
        Result<u8, u8>, Quoting, Option<Quoting>, Vec<Quoting>, External, Internal, Untagged, Flattened,
        With, Seconds, Rfc3339, uuid::Uuid, ulid::Ulid, chrono::DateTime<chrono::Utc>,
        chrono::NaiveDate, chrono::NaiveTime, chrono::NaiveDateTime, chrono::Weekday, chrono::Month,
        jiff::Timestamp, jiff::Zoned, jiff::civil::Date, jiff::civil::DateTime, jiff::civil::Time,
        jiff::SignedDuration, jiff::Span, time::Date, time::Time, time::OffsetDateTime,
        time::PrimitiveDateTime, time::Weekday, time::Month, url::Host<u8>,
    ];
    // These accept some of the values.
    for text in TEXTS {
        let raw = |value: Value| -> RawReceived {
            let event = json!({ "data": { "value": value }, "name": "a/b" });
            decode(event.to_string()).unwrap()
        };
        for value in [json!(text), json!([text])] {
            if let Err(error) = raw(value.clone()).deserialize::<Data<url::Url>>() {
                assert_hidden("Url", &error);
            }
            if let Err(error) = raw(value).deserialize::<Data<rust_decimal::Decimal>>() {
                assert_hidden("Decimal", &error);
            }
        }
    }
}

mod v1 {
    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema, Event)]
    #[event(name = "shop/order.paid", version = "2026-01-01.1")]
    pub(super) struct OrderPaid {
        pub(super) order: String,
    }
}

#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "shop/order.paid", version = "2026-11-21.1")]
struct OrderPaid {
    order: u8,
}

impl TryFrom<v1::OrderPaid> for OrderPaid {
    type Error = jiff::Error;

    fn try_from(older: v1::OrderPaid) -> Result<Self, jiff::Error> {
        let day: jiff::civil::Date = older.order.parse()?;
        Ok(Self {
            order: day.day().unsigned_abs(),
        })
    }
}

#[derive(Events)]
#[allow(dead_code, reason = "only its errors are read")]
enum ShopEvent {
    #[events(from(v1::OrderPaid))]
    OrderPaid(Received<OrderPaid>),
    Failed(FunctionFailed<Box<ShopEvent>>),
    Invoked(FunctionInvoked<OrderPaid>),
    Timer(ScheduledTimer),
}

/// The event with one member replaced.
fn event(version: &str, member: &str, value: &Value) -> Value {
    let mut event = json!({
        "data": { "order": "ADA 53107 LOVELACE" }, "id": "ADA 53107", "ts": 1, "v": version,
        "name": "shop/order.paid", "user": { "mail": "ADA 53107" },
        "meta": { "sessions": { "user": "ADA 53107" } },
    });
    event[member] = value.clone();
    event
}

#[test]
fn errors_of_events_and_calls_show_no_values() {
    let mut events = vec![
        json!("ADA 53107 LOVELACE"),
        json!(["ADA 53107", NUMBER]),
        json!(NUMBER),
    ];
    let texts = TEXTS.into_iter().map(Value::from);
    for value in texts.chain([
        json!(NUMBER),
        json!(["ADA 53107"]),
        json!({ "mail": "ADA 53107" }),
    ]) {
        for version in ["2026-01-01.1", "2026-11-21.1", "3"] {
            for member in ["data", "id", "ts", "user", "meta"] {
                events.push(event(version, member, &value));
            }
            events.push(event(version, "meta", &json!({ "sessions": value })));
            events.push(event(version, "data", &json!({ "order": value })));
            events.push(event(
                version,
                "data",
                &json!({ "order": value, "more": NUMBER }),
            ));
        }
        for name in [
            "inngest/function.failed",
            "inngest/function.invoked",
            "inngest/scheduled.timer",
        ] {
            for member in [
                "event",
                "events",
                "error",
                "function_id",
                "_inngest",
                "cron",
                "order",
            ] {
                let mut data = json!({ "run_id": "r", "function_id": "f" });
                data[member] = value.clone();
                events.push(json!({ "data": data, "name": name, "ts": 1 }));
            }
        }
    }
    let mut errors = 0;
    for event in &events {
        let text = event.to_string();
        // Also when the text is cut inside a value.
        for end in [text.len(), text.len() - 1, text.len() / 2] {
            let Some(text) = text.get(..end) else {
                continue;
            };
            if let Err(error) = decode::<ShopEvent>(text) {
                errors += 1;
                assert_hidden(text, &error);
            }
            if let Err(error) = decode_all::<ShopEvent>(format!("[{text}]")) {
                assert_hidden(text, &error);
            }
            for body in [
                format!(r#"{{"ctx":{{"run_id":"r"}},"event":{text},"events":[{text}]}}"#),
                format!(r#"{{"ctx":{{"run_id":"r","attempt":{text}}},"event":{{}}}}"#),
                format!(
                    r#"{{"ctx":{{"run_id":"r"}},"event":{{}},"events":{text},"use_api":{text}}}"#
                ),
            ] {
                match FunctionCall::<ShopEvent>::decode(&body) {
                    Err(error) => assert_hidden(&body, &error),
                    Ok(call) => {
                        if let Err(error) = call.event() {
                            assert_hidden(&body, &error);
                        }
                        if let Err(error) = call.into_all_events() {
                            assert_hidden(&body, &error);
                        }
                    }
                }
            }
        }
    }
    assert!(errors > 300, "{errors}");
}
