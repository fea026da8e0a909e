//! Tests the JSON of events, and the checks before sending.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use inngest_core::{Batch, Event, IntoPayload, PayloadError, PayloadErrorKind};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

const MILLIS: i64 = 1_743_130_137_367;

fn write(event: impl IntoPayload) -> Result<String, PayloadError> {
    let mut batch = Batch::new();
    batch.push(event)?;
    Ok(batch.events().next().unwrap().to_owned())
}

fn rejection(event: impl IntoPayload) -> (String, PayloadErrorKind) {
    let error = write(event).unwrap_err();
    (error.path().to_owned(), error.kind().clone())
}

#[derive(Clone, Serialize, JsonSchema)]
struct Customer {
    external_id: String,
}

#[derive(Clone, Serialize, JsonSchema, Event)]
#[event(
    name = "a/all.members",
    id = "all-members-{key}",
    version = "2026-11-21.1"
)]
struct All {
    key: String,
    #[event(ts)]
    at: i64,
    #[event(user)]
    #[serde(skip)]
    customer: Option<Customer>,
    #[event(session = "visit")]
    session: Option<String>,
    #[event(session)]
    shop: u64,
}

fn all() -> All {
    All {
        key: "k\"1\"".into(),
        at: MILLIS,
        customer: Some(Customer {
            external_id: "c".into(),
        }),
        session: Some("s".into()),
        shop: 7,
    }
}

#[test]
fn members_have_a_fixed_order() {
    assert_eq!(
        write(all()).unwrap(),
        concat!(
            r#"{"name":"a/all.members","id":"all-members-k\"1\"","ts":1743130137367,"#,
            r#""v":"2026-11-21.1","#,
            r#""data":{"key":"k\"1\"","at":1743130137367,"session":"s","shop":7},"#,
            r#""user":{"external_id":"c"},"meta":{"sessions":{"visit":"s","shop":7}}}"#,
        )
    );
    let bare = All {
        customer: None,
        session: None,
        ..all()
    };
    assert_eq!(
        write(&bare).unwrap(),
        concat!(
            r#"{"name":"a/all.members","id":"all-members-k\"1\"","ts":1743130137367,"#,
            r#""v":"2026-11-21.1","#,
            r#""data":{"key":"k\"1\"","at":1743130137367,"session":null,"shop":7},"#,
            r#""meta":{"sessions":{"shop":7}}}"#,
        )
    );
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/plain")]
struct Plain {
    x: f32,
}

#[test]
fn absent_members_are_omitted() {
    let payload = Plain { x: 0.1 }.payload().at(MILLIS).event().x;
    assert!((payload - 0.1).abs() < f32::EPSILON);
    let written = write(Plain { x: 0.1 }.payload().at(MILLIS)).unwrap();
    assert_eq!(
        written,
        r#"{"name":"a/plain","ts":1743130137367,"data":{"x":0.1}}"#
    );
}

#[test]
fn default_ts_is_the_time_of_the_payload() {
    let before = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis();
    let plain = Plain { x: 1.0 };
    let payload = plain.payload();
    let after = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis();
    let written: serde_json::Value = serde_json::from_str(&write(payload).unwrap()).unwrap();
    let ts = u128::from(written["ts"].as_u64().unwrap());
    assert!((before..=after).contains(&ts));
}

macro_rules! time_type {
    ($name:ident: $ty:ty = $value:expr) => {
        #[test]
        fn $name() {
            #[derive(Serialize, JsonSchema, Event)]
            #[event(name = "a/timed")]
            struct Timed {
                #[event(ts)]
                #[serde(skip)]
                at: $ty,
            }
            let written = write(Timed { at: $value }).unwrap();
            assert_eq!(
                written,
                r#"{"name":"a/timed","ts":1743130137367,"data":{}}"#
            );
        }
    };
}

time_type!(millis: i64 = MILLIS);
time_type!(optional: Option<i64> = Some(MILLIS));
time_type!(system_time: SystemTime = UNIX_EPOCH + Duration::from_millis(1_743_130_137_367));
time_type!(chrono_utc: chrono::DateTime<chrono::Utc> =
    chrono::DateTime::from_timestamp_millis(MILLIS).unwrap());
time_type!(chrono_offset: Option<chrono::DateTime<chrono::FixedOffset>> =
    Some(chrono::DateTime::from_timestamp_millis(MILLIS).unwrap().into()));
time_type!(jiff_timestamp: jiff::Timestamp = jiff::Timestamp::from_millisecond(MILLIS).unwrap());
time_type!(jiff_zoned: jiff::Zoned =
    jiff::Timestamp::from_millisecond(MILLIS).unwrap().to_zoned(jiff::tz::TimeZone::UTC));
time_type!(time_offset: time::OffsetDateTime =
    time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(MILLIS) * 1_000_000).unwrap());

#[test]
fn payload_overrides_fields() {
    let all = all();
    let payload = all
        .payload()
        .id("another")
        .at(MILLIS + 1)
        .at(None::<i64>)
        .user(&json!({ "external_id": "z", "email": "z@example.com" }))
        .session("visit", "t")
        .session("more", -1)
        .session("absent", None::<&str>);
    let written: serde_json::Value = serde_json::from_str(&write(payload).unwrap()).unwrap();
    assert_eq!(written["id"], "another");
    assert_eq!(written["ts"], MILLIS + 1);
    assert_eq!(
        written["user"],
        json!({ "external_id": "z", "email": "z@example.com" })
    );
    let sessions = json!({ "visit": "t", "shop": 7, "more": -1 });
    assert_eq!(written["meta"]["sessions"], sessions);
    let without_user: Option<Customer> = None;
    assert!(
        !write(all.payload().user(&without_user))
            .unwrap()
            .contains("\"user\"")
    );
}

#[test]
fn integers_beyond_the_limit_are_rejected() {
    #[derive(Serialize, JsonSchema, Event)]
    #[event(name = "a/nested")]
    struct Nested {
        order: BTreeMap<String, Vec<u64>>,
    }
    let nested = |n| Nested {
        order: BTreeMap::from([("lines".into(), vec![1, n])]),
    };
    assert!(write(nested((1 << 53) - 1)).is_ok());
    let kind = PayloadErrorKind::IntegerOutOfRange {
        value: (1_u64 << 53).to_string(),
    };
    assert_eq!(
        rejection(nested(1 << 53)),
        ("data.order.lines[1]".into(), kind.clone())
    );
    let all = All {
        shop: 1 << 53,
        ..all()
    };
    assert_eq!(rejection(&all), ("data.shop".into(), kind.clone()));
    let payload = Plain { x: 0.0 };
    let payload = payload.payload().session("n", 1_u64 << 53);
    assert_eq!(rejection(payload), ("meta.sessions.n".into(), kind.clone()));
    let plain = Plain { x: 0.0 };
    let user = json!({ "a": [1_u64 << 53] });
    assert_eq!(
        rejection(plain.payload().user(&user)),
        ("user.a[0]".into(), kind)
    );
}

#[test]
fn times_out_of_range_are_rejected() {
    for (millis, taken) in [
        (0, false),
        (-1, false),
        (315_532_799_999, false),
        (315_532_800_000, true),
        (4_102_444_800_000, true),
        (4_102_444_800_001, false),
    ] {
        let result = write(Plain { x: 0.0 }.payload().at(millis));
        assert_eq!(result.is_ok(), taken, "{millis}");
        if let Err(error) = result {
            assert_eq!(
                error.kind(),
                &PayloadErrorKind::TimestampOutOfRange { millis }
            );
        }
    }
}

#[test]
fn invalid_sessions_are_rejected() {
    let plain = Plain { x: 0.0 };
    let with = |n: usize| {
        (0..n).fold(plain.payload(), |payload, i| {
            payload.session(format!("k{i}"), i)
        })
    };
    assert!(write(with(5)).is_ok());
    assert_eq!(
        rejection(with(6)).1,
        PayloadErrorKind::TooManySessions { count: 6 }
    );
    assert!(write(plain.payload().session("k".repeat(128), "v".repeat(512))).is_ok());
    let kind = |key: String, value: String| rejection(plain.payload().session(key, value)).1;
    let v = String::from("v");
    assert_eq!(
        kind(String::new(), v.clone()),
        PayloadErrorKind::SessionKeyLength { bytes: 0 }
    );
    assert_eq!(
        kind("k".repeat(129), v),
        PayloadErrorKind::SessionKeyLength { bytes: 129 }
    );
    let k = String::from("k");
    assert_eq!(
        kind(k.clone(), String::new()),
        PayloadErrorKind::SessionValueLength { bytes: 0 }
    );
    assert_eq!(
        kind(k, "v".repeat(513)),
        PayloadErrorKind::SessionValueLength { bytes: 513 }
    );
}

#[test]
fn invalid_id_or_user_is_rejected() {
    let plain = Plain { x: 0.0 };
    assert_eq!(
        rejection(plain.payload().id("")).1,
        PayloadErrorKind::EmptyId
    );
    assert_eq!(
        rejection(plain.payload().user("ada")).1,
        PayloadErrorKind::UserNotAnObject
    );
    assert_eq!(
        rejection(plain.payload().user(&[1])).1,
        PayloadErrorKind::UserNotAnObject
    );
}

#[test]
fn non_object_data_is_rejected() {
    #[derive(JsonSchema, Event)]
    #[event(name = "a/text")]
    struct TextData {
        x: u8,
    }
    impl Serialize for TextData {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&self.x)
        }
    }
    assert_eq!(
        rejection(TextData { x: 1 }),
        ("data".into(), PayloadErrorKind::DataNotAnObject)
    );
}

#[test]
fn rejected_event_leaves_the_batch_unchanged() {
    let mut batch = Batch::new();
    batch.push(Plain { x: 1.0 }.payload().at(MILLIS)).unwrap();
    let before: Vec<_> = batch.events().map(str::to_owned).collect();
    batch
        .push(&All {
            shop: u64::MAX,
            ..all()
        })
        .unwrap_err();
    assert_eq!(batch.events().collect::<Vec<_>>(), before);
    batch.push(all()).unwrap();
    assert_eq!(batch.len(), 2);
}

#[test]
fn error_messages_name_event_and_field() {
    let mut batch = Batch::new();
    batch.push(all()).unwrap();
    let error = batch
        .push(&All {
            shop: u64::MAX,
            ..all()
        })
        .unwrap_err();
    insta::assert_snapshot!(error, @r#"event 1 (`a/all.members`): `data.shop` is 18446744073709551615, which the server would round because it stores numbers as doubles; write it as a string, with `#[serde(with = "inngest_core::AsString")]`"#);
    let error = batch.push(all().payload().at(1)).unwrap_err();
    insta::assert_snapshot!(error, @"event 1 (`a/all.members`): `ts` is 1 ms since 1970, which the server refuses; use a time between 1980-01-01 (315532800000) and 2100-01-01 (4102444800000) in milliseconds");
    let error = batch
        .push(&All {
            key: String::new(),
            ..all()
        })
        .unwrap_err();
    insta::assert_snapshot!(error, @"event 1 (`a/all.members`): `key` is part of the id and is empty, so different events would share an id; give it a value, or take the field out of the id");
}
