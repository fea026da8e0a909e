//! Batches that are stored as bytes and restored in another process.

use std::time::Duration;

use inngest_core::middleware::{Middleware, Outgoing};
use inngest_core::transport::{Answer, TransportError};
use inngest_core::{Batch, BatchBytesError, Client, Event, RetryPolicy, SendError};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use support::{CartCleared, KEY, Script, item, items};

mod support;

#[derive(Serialize, JsonSchema, Event)]
#[event(
    name = "Odd-\"name\"-\\-ü",
    id = "odd-{id}",
    version = "two\n\"three\"",
    allow(nonstandard_name, nonstandard_version, unscoped_id)
)]
struct UnusualNames {
    id: String,
    nested: serde_json::Value,
}

fn restored(batch: &Batch) -> Batch {
    Batch::from_bytes(&batch.to_bytes()).unwrap()
}

/// A batch with several event types and with events whose earlier delivery is uncertain.
async fn partly_sent_batch() -> Batch {
    let broken = || Err(TransportError::other("connection reset"));
    let refused = Answer::new(400, r#"{"ids":[],"status":400,"error":"no \"é\""}"#);
    let script = Script::new([broken(), Ok(refused), broken()]);
    let error = script.client().send_many(items(6)).await.unwrap_err();
    let mut batch = error.into_unsent();
    batch
        .push(CartCleared {
            note: "fresh".into(),
        })
        .unwrap();
    batch
}

#[tokio::test]
async fn restored_batch_sends_the_same_requests() {
    let batch = partly_sent_batch().await;
    assert_eq!(batch.len(), 5);
    let (before, after) = (Script::default(), Script::default());
    before.client().send_batch(batch.clone()).await.unwrap();
    after.client().send_batch(restored(&batch)).await.unwrap();
    let (mut before, mut after) = (before.seeds_and_bodies(), after.seeds_and_bodies());
    // The fresh event has its own request, whose seed is created when it is sent.
    let (fresh, again) = (before.pop().unwrap(), after.pop().unwrap());
    assert_eq!(fresh.1, again.1);
    assert_eq!(before, after);
}

#[tokio::test]
async fn restored_batch_keeps_uncertain_events() {
    let batch = partly_sent_batch().await;
    let unknown = |error: inngest_core::BatchError| {
        let unknown = error.unknown().map(|(index, id)| (index, id.to_string()));
        unknown.collect::<Vec<_>>()
    };
    let gone =
        || Script::new(std::iter::repeat_with(|| Err(TransportError::connect("gone"))).take(9));
    let before = gone().client().send_batch(batch.clone()).await.unwrap_err();
    let after = gone()
        .client()
        .send_batch(restored(&batch))
        .await
        .unwrap_err();
    let error = after.outcomes()[0].error().unwrap().to_string();
    assert!(
        error.contains("connection to http://inngest.test/e/ broke"),
        "{error}"
    );
    assert!(
        after
            .outcomes()
            .iter()
            .any(|outcome| { matches!(outcome.error(), Some(SendError::InDoubt { .. })) })
    );
    let before = unknown(before);
    assert!(!before.is_empty());
    assert_eq!(before, unknown(after));
}

struct MarkEvents;

impl Middleware for MarkEvents {
    fn before_send(
        &self,
        events: &mut Outgoing,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        for event in events {
            let seen: Option<u32> = event.field("seen")?;
            event.set_field("seen", &(seen.unwrap_or(0) + 1))?;
        }
        Ok(())
    }
}

/// Middleware sees the fresh events of a restored batch once, with their names and versions. It does not
/// see events that were already in flight.
#[tokio::test]
async fn middleware_sees_each_event_once() {
    let script = Script::default();
    let client = |attempts: Script| {
        let retry = RetryPolicy::none();
        let builder = Client::builder().event_key(KEY).retry(retry);
        builder
            .transport(attempts)
            .middleware(MarkEvents)
            .build()
            .unwrap()
    };
    let mut batch = Batch::new();
    batch.push(item(1)).unwrap();
    batch
        .push(UnusualNames {
            id: "a\"b".into(),
            nested: serde_json::json!([1, {"x": "\n"}]),
        })
        .unwrap();
    let broken = Script::new([Err(TransportError::other("connection reset"))]);
    let error = client(broken)
        .send_batch(restored(&batch))
        .await
        .unwrap_err();
    let unsent = restored(&error.into_unsent());
    client(script.clone()).send_batch(unsent).await.unwrap();
    let bodies = script.seeds_and_bodies();
    assert_eq!(bodies.len(), 1);
    let sent: serde_json::Value = serde_json::from_str(&bodies[0].1).unwrap();
    assert_eq!(sent[0]["data"]["seen"], 1);
    assert_eq!(sent[1]["data"]["seen"], 1);
    assert_eq!(sent[1]["name"], "Odd-\"name\"-\\-ü");
    assert_eq!(sent[1]["id"], "odd-a\"b");
    assert_eq!(sent[1]["v"], "two\n\"three\"");
}

#[test]
fn empty_batch_round_trips() {
    assert!(restored(&Batch::new()).is_empty());
}

#[tokio::test]
async fn damaged_or_truncated_bytes_are_an_error() {
    let bytes = partly_sent_batch().await.to_bytes();
    for length in 0..bytes.len() {
        assert!(
            Batch::from_bytes(&bytes[..length]).is_err(),
            "cut to {length}"
        );
    }
    for offset in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[offset] ^= 1 << bit;
            assert!(
                Batch::from_bytes(&damaged).is_err(),
                "bit {bit} of byte {offset}"
            );
        }
    }
    let longer = [&bytes[..], b"\n"].concat();
    assert!(Batch::from_bytes(&longer).is_err());
}

#[test]
fn foreign_bytes_and_newer_versions_have_own_errors() {
    let error = |bytes: &[u8]| Batch::from_bytes(bytes).unwrap_err();
    for bytes in [
        &b""[..],
        b"{}",
        b"[]",
        b"inngest",
        b"inngest-batch",
        b"\xff\xfe",
        b"inngest-batch x",
    ] {
        assert_eq!(error(bytes), BatchBytesError::NotABatch, "{bytes:?}");
    }
    let newer = error(b"inngest-batch 2 00000000\n{}\n");
    assert_eq!(newer, BatchBytesError::UnknownVersion { version: 2 });
    assert_eq!(
        newer.to_string(),
        "the batch has format version 2, and this version of inngest-core reads version 1; read it \
         with the version that wrote it"
    );
    let cut = error(b"inngest-batch 1 00000000\n{}\n");
    assert!(matches!(cut, BatchBytesError::Damaged { .. }), "{cut}");
}

/// A stored batch with a valid first line for this content.
fn sealed(rest: &[u8]) -> Vec<u8> {
    let crc = !rest.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    });
    [format!("inngest-batch 1 {crc:08x}\n").as_bytes(), rest].concat()
}

/// Invalid content with a valid checksum is an error too.
#[test]
fn invalid_content_with_valid_checksum_is_an_error() {
    let event = r#"{"name":"a/b","id":"x","ts":1,"data":{}}"#;
    let seed = "1743130137367,eii2YKXRVTJPuA==";
    let length = event.len();
    let good = format!("{{\"requests\":[],\"fresh\":[[{length},false]]}}\n{event}\n");
    assert_eq!(
        Batch::from_bytes(&sealed(good.as_bytes())).unwrap().len(),
        1
    );
    for (head, events) in [
        (String::new(), String::new()),
        ("{}".to_owned(), String::new()),
        (
            r#"{"requests":[],"fresh":[[999999999999,false]]}"#.to_owned(),
            format!("{event}\n"),
        ),
        (
            format!(r#"{{"requests":[],"fresh":[[{},false]]}}"#, length - 1),
            format!("{event}\n"),
        ),
        (
            format!(r#"{{"requests":[],"fresh":[[{length},false]]}}"#),
            event.to_owned(),
        ),
        (
            r#"{"requests":[],"fresh":[]}"#.to_owned(),
            format!("{event}\n"),
        ),
        (
            r#"{"requests":[],"fresh":[[2,false]]}"#.to_owned(),
            "{}\n".to_owned(),
        ),
        (
            r#"{"requests":[],"fresh":[[2,false]]}"#.to_owned(),
            "no\n".to_owned(),
        ),
        (
            r#"{"requests":[],"fresh":[[19,false]]}"#.to_owned(),
            "{\"name\":\"a\",\"id\":1}\n".to_owned(),
        ),
        (
            format!(
                r#"{{"requests":[{{"seed":"x","uncertainty":"none","events":[{length}]}}],"fresh":[]}}"#
            ),
            format!("{event}\n"),
        ),
        (
            format!(
                r#"{{"requests":[{{"seed":"{seed}","uncertainty":"never","events":[{length}]}}],"fresh":[]}}"#
            ),
            format!("{event}\n"),
        ),
        (
            format!(
                r#"{{"requests":[{{"seed":"{seed}","uncertainty":"none","events":[]}}],"fresh":[]}}"#
            ),
            String::new(),
        ),
    ] {
        let bytes = sealed(format!("{head}\n{events}").as_bytes());
        let read = Batch::from_bytes(&bytes);
        assert!(
            matches!(read, Err(BatchBytesError::Damaged { .. })),
            "{head} {events}"
        );
    }
}

proptest! {
    #[test]
    fn from_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Batch::from_bytes(&bytes);
        let _ = Batch::from_bytes(&sealed(&bytes));
    }

    #[test]
    fn any_batch_round_trips(
        ids in prop::collection::vec("\\PC{1,12}", 0..20),
        text in "\\PC{0,40}",
    ) {
        let mut batch = Batch::new();
        for id in ids {
            let nested = serde_json::json!({ "text": text });
            batch.push(UnusualNames { id, nested }).unwrap();
        }
        prop_assert!(restored(&batch).events().eq(batch.events()));
    }
}

/// Events that a buffered sender could not send before its timeout can be stored.
#[tokio::test]
async fn unsent_buffered_events_can_be_restored() {
    let script = Script::default();
    let client = Client::builder()
        .event_key(KEY)
        .transport(script.clone())
        .build()
        .unwrap();
    let sender = client
        .buffered()
        .linger(Duration::from_secs(3_600))
        .start()
        .unwrap();
    for n in 0..3 {
        drop(sender.send(item(n)).await.unwrap());
    }
    let report = sender.shutdown(Duration::ZERO).await;
    let unsent = restored(&report.unsent);
    assert!(unsent.events().eq(report.unsent.events()));
    let receipts = client.send_batch(unsent).await.unwrap();
    assert_eq!(support::dedup_ids(&receipts).len(), receipts.len());
}
