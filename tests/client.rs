//! Tests the client over real HTTP.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use inngest_core::testing::{EventServer, Recorder};
use inngest_core::transport::{Request, Transport, TransportFuture};
use inngest_core::{
    Batch, Client, ConfigError, Event, Outcome, PayloadErrorKind, RawEvent, SendError, blocking,
};
use serde_json::json;
use support::{CartCleared, KEY, Script, dedup_ids, item, items};

#[path = "client/settings.rs"]
mod settings;
mod support;

#[tokio::test]
async fn send_delivers_one_event_and_returns_a_receipt() {
    let server = EventServer::start().unwrap();
    let client = server.client().unwrap();
    let receipt = client.send(item(1)).await.unwrap();
    assert_eq!(receipt.dedup_id.as_deref(), Some("item-imported-i1"));
    let [event] = server.events().try_into().unwrap();
    assert_eq!(event.event_id, receipt.event_id);
    assert_eq!(event.name, "storefront/item.imported");
    assert_eq!(event.data, json!({ "item_id": "i1", "quantity": 1 }));

    let again = client.send(item(1)).await.unwrap();
    assert_ne!(again.event_id, receipt.event_id);
    assert_eq!(again.dedup_id, receipt.dedup_id);
    assert_eq!((server.events().len(), server.runs().len()), (2, 1));
}

/// A batch of events with these deduplication ids. An empty text means no id.
fn batch_of(ids: &[&str]) -> Batch {
    let mut batch = Batch::new();
    for id in ids {
        let cleared = CartCleared { note: "n".into() };
        match *id {
            "" => batch.push(cleared).unwrap(),
            id => batch.push(cleared.payload().id(id)).unwrap(),
        }
    }
    batch
}

#[tokio::test]
async fn receipts_have_the_deduplication_id_of_their_event() {
    let server = EventServer::start().unwrap();
    let client = server.client().unwrap();
    for ids in [
        &["a"] as &[&str],
        &[""],
        &["a", "bc", "", "d-ü-😀", "", "a"],
        &["", "a\"b", "c", "\\", "", "d\n"],
    ] {
        let receipts = client.send_many(batch_of(ids)).await.unwrap();
        let found: Vec<_> = receipts.iter().map(|r| r.dedup_id.as_deref()).collect();
        let expected: Vec<_> = ids
            .iter()
            .map(|id| Some(*id).filter(|id| !id.is_empty()))
            .collect();
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn deduplication_id_is_sent_unchanged() {
    let server = EventServer::start().unwrap();
    let client = server.client().unwrap();
    let receipts = client.send_many(batch_of(&["b", "a", "b"])).await.unwrap();
    let ids: Vec<_> = receipts.into_iter().map(|r| r.dedup_id).collect();
    let [Some(b), Some(a), Some(other)] = &*ids else {
        panic!("{ids:?}")
    };
    assert!(b == other && b != a && a < b);
    let text = String::from(other.clone());
    assert!(*b == *"b" && *b == "b" && *b == text);
    assert_eq!(format!("{b} {b:>3} {b:?}"), "b   b \"b\"");
    let indices = HashMap::from([(a.clone(), 1), (b.clone(), 0)]);
    assert_eq!(indices.get("b"), Some(&0));
    assert_eq!(text, "b");
}

#[tokio::test]
async fn requests_have_the_headers_of_the_sdk_specification() {
    let server = EventServer::builder().event_key(KEY).start().unwrap();
    let builder = Client::builder()
        .event_key(KEY)
        .base_url(server.url())
        .env("branch");
    builder.build().unwrap().send(item(1)).await.unwrap();
    let [request] = server.requests().try_into().unwrap();
    let header = |name: &str| request.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("x-inngest-env"), "branch");
    let sdk = concat!("inngest-core:v", env!("CARGO_PKG_VERSION"));
    assert_eq!(header("x-inngest-sdk"), sdk);
    let seed = header("x-inngest-event-id-seed");
    let (millis, random) = seed.split_once(',').unwrap();
    assert_eq!((millis.len(), random.len()), (13, 16), "{seed}");
    assert_eq!(header("content-length"), request.bytes.to_string());
}

#[tokio::test]
async fn send_future_does_not_borrow_the_event() {
    let server = EventServer::start().unwrap();
    let client = server.client().unwrap();
    let (one, many) = {
        let local = items(3);
        let mut batch = Batch::new();
        batch.extend(&local).unwrap();
        (client.send(&local[0]), client.send_batch(batch))
    };
    let one = tokio::spawn(one);
    let many = tokio::spawn(many);
    one.await.unwrap().unwrap();
    assert_eq!(many.await.unwrap().unwrap().len(), 3);
}

#[tokio::test]
async fn batches_are_split_by_count_and_keep_order() {
    let server = EventServer::start().unwrap();
    let client = Client::builder().dev(true).base_url(server.url());
    let client = client.max_request_bytes(1 << 20).build().unwrap();
    let receipts = client.send_many(items(12_345)).await.unwrap();
    let expected: Vec<_> = (0..12_345).map(|n| format!("item-imported-i{n}")).collect();
    assert_eq!(dedup_ids(&receipts), expected);
    let mut counts: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.events)
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [2_345, 5_000, 5_000]);
    let arrived: HashMap<_, _> = server
        .events()
        .into_iter()
        .map(|event| (event.event_id, event.id))
        .collect();
    assert_eq!(arrived.len(), 12_345);
    for receipt in &receipts {
        assert_eq!(
            arrived[&receipt.event_id].as_deref(),
            receipt.dedup_id.as_deref()
        );
    }
}

#[tokio::test]
async fn batches_are_split_by_bytes() {
    let server = EventServer::start().unwrap();
    let client = Client::builder()
        .dev(true)
        .base_url(server.url())
        .max_request_bytes(1_000);
    let client = client.build().unwrap();
    let receipts = client.send_many(items(100)).await.unwrap();
    assert_eq!(receipts.len(), 100);
    let requests = server.requests();
    assert!(requests.len() > 5 && requests.iter().all(|request| request.bytes <= 1_000));
    // No request has room for the first event of the next.
    let event = requests[0].bytes / requests[0].events;
    assert!(
        requests
            .iter()
            .filter(|request| request.bytes + 2 * event < 1_000)
            .count()
            <= 1
    );
}

#[tokio::test]
async fn event_over_the_request_limit_is_sent_alone() {
    let server = EventServer::start().unwrap();
    let client = Client::builder()
        .dev(true)
        .base_url(server.url())
        .max_request_bytes(500);
    let client = client.build().unwrap();
    let notes = [10, 1_000, 10, 10].map(|n| CartCleared {
        note: "x".repeat(n),
    });
    client.send_many(&notes).await.unwrap();
    let mut counts: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.events)
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 1, 2]);
}

#[tokio::test]
async fn batch_mixes_types_and_payloads() {
    let server = EventServer::start().unwrap();
    let client = server.client().unwrap();
    let mut batch = Batch::new();
    batch.push(item(1)).unwrap();
    batch
        .push(CartCleared {
            note: String::new(),
        })
        .unwrap();
    batch
        .push(item(2).payload().id("own").session("import", 7))
        .unwrap();
    let receipts = client.send_many(batch.clone()).await.unwrap();
    assert_eq!(dedup_ids(&receipts), ["item-imported-i1", "own"]);
    assert_eq!(receipts[1].dedup_id, None);
    client.send_batch(batch).await.unwrap();
    let names: Vec<_> = server
        .events()
        .into_iter()
        .map(|event| event.name)
        .collect();
    let item = "storefront/item.imported";
    assert_eq!(names[..3], [item, "storefront/cart.cleared", item]);
    assert_eq!(server.duplicates().len(), 2);

    let payloads = items(2);
    let payloads = payloads.iter().map(|item| item.payload().session("s", "x"));
    client.send_many(payloads).await.unwrap();
    assert_eq!(server.events()[6].sessions["s"], "x");
}

#[tokio::test]
async fn empty_batch_sends_no_request() {
    let script = Script::default();
    assert_eq!(script.client().send_many(items(0)).await.unwrap(), []);
    assert_eq!(script.client().send_batch(Batch::new()).await.unwrap(), []);
    assert!(script.seeds_and_bodies().is_empty());
}

#[tokio::test]
async fn each_request_has_its_own_seed() {
    let script = Script::default();
    let receipts = script.client().send_many(items(5)).await.unwrap();
    let requests = script.seeds_and_bodies();
    let mut seeds: Vec<_> = requests.iter().map(|(seed, _)| seed).collect();
    seeds.dedup();
    assert_eq!(seeds.len(), 3);
    let ids: Vec<_> = script
        .recorder
        .events()
        .into_iter()
        .map(|event| event.event_id)
        .collect();
    assert_eq!(
        receipts
            .iter()
            .map(|r| r.event_id.clone())
            .collect::<Vec<_>>(),
        ids
    );
}

#[tokio::test]
async fn invalid_events_do_not_block_other_events() {
    let server = EventServer::start().unwrap();
    let client = Client::builder()
        .dev(true)
        .base_url(server.url())
        .max_event_bytes(300);
    let client = client.build().unwrap();
    let mut all = items(6);
    all[1].quantity = u64::MAX;
    all[3].item_id = "x".repeat(300);
    all[4].item_id = String::new();
    let error = client.send_many(&all).await.unwrap_err();
    assert_eq!(
        error.accepted().map(|(index, _)| index).collect::<Vec<_>>(),
        [0, 2, 5]
    );
    let rejected: Vec<_> = error
        .rejected()
        .map(|(index, reason)| match reason {
            SendError::Payload(payload) => {
                assert_eq!(payload.index(), index);
                payload.kind().clone()
            }
            other => panic!("{other}"),
        })
        .collect();
    assert!(matches!(
        rejected.as_slice(),
        [
            PayloadErrorKind::IntegerOutOfRange { .. },
            PayloadErrorKind::TooLarge { limit: 300, .. },
            PayloadErrorKind::EmptyIdPart,
        ]
    ));
    assert!(
        error
            .to_string()
            .starts_with("3 of 6 events were not delivered; the first error: event 1")
    );
    assert!(error.into_unsent().is_empty());
    let arrived: Vec<_> = server
        .events()
        .into_iter()
        .filter_map(|event| event.id)
        .collect();
    assert_eq!(
        arrived,
        ["item-imported-i0", "item-imported-i2", "item-imported-i5"]
    );
}

#[tokio::test]
async fn plan_matches_the_requests_of_a_send() {
    let script = Script::default();
    let mut batch = Batch::new();
    batch.extend([item(1), item(2), item(1)]).unwrap();
    let client = script.client();
    let plan = client.plan(&batch);
    let events: Vec<_> = plan.requests.iter().map(|request| request.events).collect();
    assert_eq!(events, [2, 1]);
    let [duplicate] = plan.duplicates.try_into().unwrap();
    assert_eq!((duplicate.index, duplicate.first), (2, 0));
    assert_eq!(duplicate.dedup_id, "item-imported-i1");
    assert!(script.seeds_and_bodies().is_empty());

    client.send_batch(batch).await.unwrap();
    let bytes: Vec<_> = script
        .seeds_and_bodies()
        .iter()
        .map(|(_, body)| body.len())
        .collect();
    assert_eq!(
        plan.requests
            .iter()
            .map(|request| request.bytes)
            .collect::<Vec<_>>(),
        bytes
    );
}

#[test]
fn blocking_client_sends_the_same_requests() {
    let server = EventServer::start().unwrap();
    let builder = blocking::Client::builder().dev(true);
    let client = builder.base_url(server.url()).build().unwrap();
    assert_eq!(client.url(), format!("{}/e/", server.url()));
    assert!(client.is_dev());
    let receipt = client.send(item(1)).unwrap();
    assert_eq!(server.events()[0].event_id, receipt.event_id);
    assert_eq!(client.send_many(items(3)).unwrap().len(), 3);
    let mut batch = Batch::new();
    batch.push(item(7)).unwrap();
    assert_eq!(client.plan(&batch).requests.len(), 1);
    assert_eq!(client.send_batch(batch).unwrap().len(), 1);
    assert_eq!(server.events().len(), 5);
    let progress: Vec<_> = client.send_iter(items(20)).collect();
    assert_eq!(progress[0].as_ref().unwrap().events, 20);
    assert_eq!(server.events().len(), 25);
    let sender = client.buffered().max_events(2).start().unwrap();
    let pending = sender.send(item(30)).unwrap();
    sender.try_send(item(31)).unwrap();
    sender.flush().unwrap();
    pending.wait().unwrap();
    let report = sender.shutdown(Duration::from_secs(5)).unwrap();
    assert_eq!(report.delivered, 2);
    assert_eq!(server.events().len(), 27);
}

#[tokio::test]
async fn blocking_client_in_a_task_is_an_error() {
    let server = EventServer::start().unwrap();
    let builder = blocking::Client::builder().dev(true);
    let client = builder.base_url(server.url()).build().unwrap();
    assert!(matches!(
        client.send(item(1)),
        Err(SendError::InsideRuntime)
    ));
    let error = client.send_many(items(2)).unwrap_err();
    assert_eq!(error.rejected().count(), 2);
    assert_eq!(error.into_unsent().len(), 2);
    let progress: Vec<_> = client.send_iter(items(2)).collect();
    assert!(matches!(progress[..], [Err(SendError::InsideRuntime)]));
    let sender = client.buffered().start().unwrap();
    let sent = sender.send(item(1));
    assert!(matches!(sent, Err(SendError::InsideRuntime)));
    assert!(sender.flush().is_err());
    assert!(server.events().is_empty());
    // Calls that do not block still work.
    let pending = sender.try_send(item(1)).unwrap();
    assert!(matches!(pending.wait(), Err(SendError::InsideRuntime)));
    assert!(server.wait_until(Duration::from_secs(10), |server| {
        !server.events().is_empty()
    }));
    assert!(sender.shutdown(Duration::ZERO).is_err());
    // The advice in the error message works.
    let error = client.send(item(1)).unwrap_err().to_string();
    assert!(error.contains("`std::thread::spawn`"), "{error}");
    let sending = std::thread::spawn(move || client.send(item(1)));
    sending.join().unwrap().unwrap();
}

#[tokio::test]
async fn concurrency_limits_the_requests_in_flight() {
    #[derive(Clone, Default)]
    struct Counting {
        now: Arc<std::sync::atomic::AtomicUsize>,
        most: Arc<std::sync::atomic::AtomicUsize>,
        recorder: Recorder,
    }
    impl Transport for Counting {
        fn post(&self, request: Request) -> TransportFuture<'_> {
            use std::sync::atomic::Ordering::SeqCst;
            Box::pin(async move {
                let now = self.now.fetch_add(1, SeqCst) + 1;
                self.most.fetch_max(now, SeqCst);
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
                self.now.fetch_sub(1, SeqCst);
                self.recorder.post(request).await
            })
        }
    }
    let counting = Counting::default();
    let client = Client::builder().event_key(KEY).transport(counting.clone());
    let client = client.max_request_events(1).concurrency(3).build().unwrap();
    assert_eq!(client.send_many(items(20)).await.unwrap().len(), 20);
    assert_eq!(counting.most.load(std::sync::atomic::Ordering::SeqCst), 3);
}

#[tokio::test]
async fn custom_reqwest_client_sends_the_same_requests() {
    let server = EventServer::start().unwrap();
    let builder = Client::builder().dev(true).base_url(server.url());
    let client = builder.http_client(reqwest::Client::new()).build().unwrap();
    let receipts = client.send_many(items(3)).await.unwrap();
    assert_eq!(receipts.len(), 3);
    assert_eq!(
        server.requests()[0].headers["content-type"],
        "application/json"
    );
}

#[tokio::test]
async fn stream_is_read_only_as_far_as_needed() {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    let server = EventServer::start().unwrap();
    let builder = Client::builder().dev(true).base_url(server.url());
    let client = builder
        .max_request_events(10)
        .concurrency(3)
        .build()
        .unwrap();
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let mut bad = 0;
    let events = (0..1_005).map(move |n| {
        counter.fetch_add(1, SeqCst);
        let mut item = item(n);
        if n % 100 == 99 {
            item.quantity = u64::MAX;
        }
        item
    });
    let mut sending = client.send_iter(events);
    assert_eq!(read.load(SeqCst), 0, "nothing is read before it is polled");
    let mut reported = 0;
    while let Some(progress) = sending.next().await {
        assert_eq!(progress.first, reported);
        reported += progress.events;
        assert!(
            read.load(SeqCst) <= reported + 30,
            "at most three requests ahead"
        );
        if let Err(error) = progress.result {
            bad += error.rejected().count();
            assert_eq!(error.rejected().next().unwrap().0, 9);
        }
    }
    assert_eq!((reported, bad, server.runs().len()), (1_005, 10, 995));
}

#[tokio::test]
async fn errors_tell_the_index_of_an_event_once() {
    let server = EventServer::start().unwrap();
    let client = server.client().unwrap();
    let bad = || RawEvent::new("shop/order.placed", serde_json::json!({ "_inngest": 1 }));
    let good = || RawEvent::new("shop/order.placed", serde_json::json!({}));
    let problem = "the server deletes `data._inngest`; rename the field";

    let single = client.send(bad()).await.unwrap_err();
    assert_eq!(
        single.to_string(),
        format!("event `shop/order.placed`: {problem}")
    );

    let error = client.send_many([good(), bad()]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "1 of 2 events were not delivered; the first error: event 1 (`shop/order.placed`): \
             {problem}"
        )
    );
    let lines: Vec<_> = error
        .rejected()
        .map(|(index, reason)| format!("item {index}: {reason}"))
        .collect();
    assert_eq!(
        lines,
        [format!("item 1: event `shop/order.placed`: {problem}")]
    );
    let [_, Outcome::Rejected(rejection)] = error.outcomes() else {
        panic!("{error}")
    };
    assert_eq!(rejection.event_name, "shop/order.placed");

    server.refuse(|event| (event.name == "shop/order.refused").then(|| "no".to_owned()));
    let refused = RawEvent::new("shop/order.refused", serde_json::json!({})).id("an-id");
    let error = client.send_many([good(), refused]).await.unwrap_err();
    let [_, Outcome::Rejected(rejection)] = error.outcomes() else {
        panic!("{error}")
    };
    assert_eq!(rejection.event_name, "shop/order.refused");
    assert_eq!(rejection.dedup_id.as_deref(), Some("an-id"));
}
