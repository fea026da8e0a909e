//! Raw events follow the rules of typed events, and every send method accepts them.

use std::time::{Duration, SystemTime};

use inngest_core::testing::EventServer;
use inngest_core::{
    Batch, Client, Event, IntoPayload, MAX_MILLIS, Payload, PayloadError, PayloadErrorKind,
    RawEvent, blocking,
};
use inngest_grammar::{name, version};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Clone, Serialize, JsonSchema, Event)]
#[event(name = "shop/order.placed", version = "2026-11-28.1")]
struct OrderPlaced {
    order: u64,
    lines: Vec<(String, f64)>,
    note: Option<&'static str>,
}

fn write(event: impl IntoPayload) -> Result<String, PayloadError> {
    let mut batch = Batch::new();
    batch.push(event)?;
    Ok(batch.events().next().unwrap().to_owned())
}

fn order() -> OrderPlaced {
    OrderPlaced {
        order: 42,
        lines: vec![("tea".into(), 2.5)],
        note: None,
    }
}

#[test]
fn raw_event_has_the_bytes_of_the_typed_event() {
    let raw = RawEvent::new(OrderPlaced::NAME, order()).version("2026-11-28.1");
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_743_130_137);
    let user = json!({ "external_id": "ada" });
    assert_eq!(
        write(raw.clone().at(time)).unwrap(),
        write(order().payload().at(time)).unwrap(),
    );
    assert_eq!(
        write(
            raw.at(time)
                .id("order-\"42\"")
                .user(&user)
                .session("visit", 7)
                .session("cart", "c")
                .session_cleared("import"),
        )
        .unwrap(),
        write(
            Payload::new(order())
                .at(time)
                .id("order-\"42\"")
                .user(&user)
                .session("visit", 7)
                .session("cart", "c")
                .session_cleared("import"),
        )
        .unwrap(),
    );
}

/// An event, the path of its error, and whether the error is of the expected kind.
type Refused = (RawEvent, &'static str, fn(&PayloadErrorKind) -> bool);

#[test]
fn events_that_the_server_would_refuse_or_change_are_errors() {
    use PayloadErrorKind as Kind;
    let event = || RawEvent::new("shop/order.placed", json!({ "order": 1 }));
    let raw = |data: Value| RawEvent::new("shop/order.placed", data);
    let long = "k".repeat(513);
    let refused: [Refused; 12] = [
        (raw(json!([1])), "data", |k| *k == Kind::DataNotAnObject),
        (raw(json!(null)), "data", |k| *k == Kind::DataNotAnObject),
        (raw(json!({ "a": [1u64 << 60] })), "data.a[0]", |k| {
            matches!(k, Kind::IntegerOutOfRange { .. })
        }),
        (raw(json!({ "_inngest": 1 })), "data._inngest", |k| {
            *k == Kind::ReservedKey
        }),
        (
            RawEvent::new(
                "shop/order.placed",
                [("rate", f64::NAN)]
                    .into_iter()
                    .collect::<std::collections::BTreeMap<_, _>>(),
            ),
            "data.rate",
            |k| *k == Kind::NotFinite,
        ),
        (event().id(""), "id", |k| *k == Kind::EmptyId),
        (event().user(&json!("ada")), "user", |k| {
            *k == Kind::UserNotAnObject
        }),
        (event().session("visit", long.as_str()), "visit", |k| {
            matches!(k, Kind::SessionValueLength { bytes: 513 })
        }),
        (
            event()
                .at(SystemTime::UNIX_EPOCH + Duration::from_millis(MAX_MILLIS.unsigned_abs() + 1)),
            "ts",
            |k| matches!(k, Kind::TimestampOutOfRange { .. }),
        ),
        (RawEvent::new("Shop/OrderPlaced", json!({})), "name", |k| {
            matches!(k, Kind::InvalidName { .. })
        }),
        (
            RawEvent::new("inngest/order.placed", json!({})).allow_nonstandard_name(),
            "name",
            |k| matches!(k, Kind::InvalidName { .. }),
        ),
        (event().version("").allow_nonstandard_version(), "v", |k| {
            matches!(k, Kind::InvalidVersion { .. })
        }),
    ];
    for (event, path, is_expected) in refused {
        let mut batch = Batch::new();
        batch.push(order()).unwrap();
        let error = batch.push(&event).unwrap_err();
        assert_eq!(error.path(), path, "{error}");
        assert!(is_expected(error.kind()), "{error}");
        assert_eq!(error.index(), 1);
        assert_eq!(batch.len(), 1, "the batch is unchanged");
    }
}

#[test]
fn conventions_can_be_disabled() {
    let event = RawEvent::new("Order Placed", json!({})).version("7");
    let name = write(&event).unwrap_err().to_string();
    assert_eq!(
        name,
        "event 0 (`Order Placed`): the event name has white space at byte 5, which breaks the \
         naming convention and is easy to mistype; write `order.placed`, or call \
         `allow_nonstandard_name`"
    );
    let event = event.allow_nonstandard_name();
    let version = write(&event).unwrap_err().to_string();
    assert_eq!(
        version,
        "event 0 (`Order Placed`): the version does not have the form `YYYY-MM-DD.N`; write one \
         such as `2026-11-21.1`, or call `allow_nonstandard_version`"
    );
    let json = write(event.allow_nonstandard_version()).unwrap();
    assert!(
        json.starts_with(r#"{"name":"Order Placed","ts":"#),
        "{json}"
    );
    assert!(json.contains(r#","v":"7","#), "{json}");
}

proptest! {
    /// The derive calls the same functions, so a raw event takes exactly the names and versions
    /// that compile.
    #[test]
    fn names_and_versions_follow_the_grammar(
        event_name in "([a-zA-Z0-9_./ -]|\\PC|\\t){0,12}|(inngest|shop)/[a-z.]{1,9}",
        event_version in "|[0-9]{4}-[0-9]{2}-[0-9]{2}\\.[0-9]|\\PC{1,12}",
        any_name: bool,
        any_version: bool,
    ) {
        let event = RawEvent::new(&*event_name, json!({}));
        let event = if any_name { event.allow_nonstandard_name() } else { event };
        let takes_name = name::check(&event_name).is_ok()
            && (any_name || name::is_standard(&event_name));
        prop_assert_eq!(write(&event).is_ok(), takes_name);

        let event = RawEvent::new("shop/order.placed", json!({})).version(&*event_version);
        let event = if any_version { event.allow_nonstandard_version() } else { event };
        let takes_version = version::check(&event_version).is_ok()
            || (any_version && !event_version.is_empty());
        prop_assert_eq!(write(&event).is_ok(), takes_version);
    }
}

#[tokio::test]
async fn every_send_method_accepts_raw_events() {
    let server = EventServer::start().unwrap();
    let client = Client::builder()
        .dev(true)
        .base_url(server.url())
        .build()
        .unwrap();
    let raw = |n: u32| {
        let name = format!("shop/order.number-{n}");
        RawEvent::new(name, json!({ "n": n })).id(format!("raw-{n}"))
    };

    let receipt = client.send(raw(0)).await.unwrap();
    assert_eq!(receipt.dedup_id.as_deref(), Some("raw-0"));
    let event = raw(1);
    client.send(&event).await.unwrap();
    let receipts = client.send_many([raw(2), raw(3)]).await.unwrap();
    assert_eq!(receipts.len(), 2);
    let mut batch = Batch::new();
    batch.push(raw(4)).unwrap();
    batch.push(order()).unwrap();
    let restored = Batch::from_bytes(&batch.to_bytes()).unwrap();
    assert!(restored.events().eq(batch.events()));
    client.send_batch(restored).await.unwrap();
    let buffered = client.buffered().start().unwrap();
    let pending = buffered.send(raw(5)).await.unwrap();
    assert_eq!(pending.await.unwrap().dedup_id.as_deref(), Some("raw-5"));
    let report = buffered.shutdown(Duration::from_secs(60)).await;
    assert_eq!(report.delivered, 1);
    let mut sending = client.send_iter((6..9).map(raw));
    while let Some(progress) = sending.next().await {
        assert!(progress.result.is_ok());
    }
    let url = server.url();
    let blocking = std::thread::spawn(move || {
        let client = blocking::Client::builder().dev(true).base_url(url).build();
        client.unwrap().send(raw(9)).map(drop)
    });
    blocking.join().unwrap().unwrap();

    let events = server.events();
    let mut names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    names.sort_unstable();
    let mut expected: Vec<_> = (0..10).map(|n| format!("shop/order.number-{n}")).collect();
    expected.push("shop/order.placed".into());
    assert_eq!(names, expected);
}
