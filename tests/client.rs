//! The client over real HTTP, and where the server cannot show it, over a scripted transport.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use inngest_core::testing::{EventServer, Recorder};
use inngest_core::transport::{Answer, Request, Transport, TransportError, TransportFuture};
use inngest_core::{
    Batch, Client, ConfigError, Event, Outcome, PayloadErrorKind, Receipt, RetryPolicy, SendError,
    blocking,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

const KEY: &str = "a-secret-event-key";

#[derive(Clone, Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: String,
    quantity: u64,
}

#[derive(Clone, Serialize, JsonSchema, Event)]
#[event(name = "storefront/cart.cleared")]
struct CartCleared {
    note: String,
}

fn item(n: usize) -> ItemImported {
    ItemImported {
        item_id: format!("i{n}"),
        quantity: 1,
    }
}

fn items(n: usize) -> Vec<ItemImported> {
    (0..n).map(item).collect()
}

fn dedup_ids(receipts: &[Receipt]) -> Vec<&str> {
    receipts
        .iter()
        .filter_map(|receipt| receipt.dedup_id.as_deref())
        .collect()
}

/// Gives the answers of its script, then takes what comes.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Result<Answer, TransportError>>>>,
    requests: Arc<Mutex<Vec<Request>>>,
    recorder: Recorder,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = Result<Answer, TransportError>>) -> Self {
        let script = Self::default();
        script.answers.lock().unwrap().extend(answers);
        script
    }

    fn client(&self) -> Client {
        let builder = Client::builder()
            .event_key(KEY)
            .base_url("http://inngest.test")
            .retry(RetryPolicy::none());
        builder
            .transport(self.clone())
            .max_request_events(2)
            .build()
            .unwrap()
    }

    fn seeds_and_bodies(&self) -> Vec<(String, String)> {
        let requests = self.requests.lock().unwrap();
        let text = |request: &Request| {
            let seed = request.headers()["x-inngest-event-id-seed"]
                .to_str()
                .unwrap()
                .to_owned();
            (seed, String::from_utf8(request.body().to_vec()).unwrap())
        };
        requests.iter().map(text).collect()
    }
}

impl Transport for Script {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        self.requests.lock().unwrap().push(request.clone());
        match self.answers.lock().unwrap().pop_front() {
            Some(answer) => Box::pin(std::future::ready(answer)),
            None => self.recorder.post(request),
        }
    }
}

#[tokio::test]
async fn one_event_arrives_and_has_a_receipt() {
    let server = EventServer::start().unwrap();
    let client = server.client().unwrap();
    let receipt = client.send(&item(1)).await.unwrap();
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

#[tokio::test]
async fn requests_carry_what_the_sdk_specification_asks_for() {
    let server = EventServer::builder().event_key(KEY).start().unwrap();
    let builder = Client::builder()
        .event_key(KEY)
        .base_url(server.url())
        .env("branch");
    builder.build().unwrap().send(&item(1)).await.unwrap();
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
async fn the_future_holds_no_reference_to_the_event() {
    let server = EventServer::start().unwrap();
    let client = server.client().unwrap();
    let (one, many) = {
        let local = items(3);
        (client.send(&local[0]), client.send_many(&local))
    };
    let one = tokio::spawn(one);
    let many = tokio::spawn(many);
    one.await.unwrap().unwrap();
    assert_eq!(many.await.unwrap().unwrap().len(), 3);
}

#[tokio::test]
async fn many_events_are_split_by_count_and_receipts_are_in_order() {
    let server = EventServer::start().unwrap();
    let client = Client::builder().dev(true).base_url(server.url());
    let client = client.max_request_bytes(1 << 20).build().unwrap();
    let receipts = client.send_many(&items(12_345)).await.unwrap();
    let expected: Vec<_> = (0..12_345).map(|n| format!("item-imported-i{n}")).collect();
    assert_eq!(dedup_ids(&receipts), expected);
    let mut counts: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.events)
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [2_345, 5_000, 5_000]);
    let arrived: std::collections::HashMap<_, _> = server
        .events()
        .into_iter()
        .map(|event| (event.event_id, event.id))
        .collect();
    assert_eq!(arrived.len(), 12_345);
    assert!(receipts.iter().all(|r| arrived[&r.event_id] == r.dedup_id));
}

#[tokio::test]
async fn many_events_are_split_by_bytes() {
    let server = EventServer::start().unwrap();
    let client = Client::builder()
        .dev(true)
        .base_url(server.url())
        .max_request_bytes(1_000);
    let client = client.build().unwrap();
    let receipts = client.send_many(&items(100)).await.unwrap();
    assert_eq!(receipts.len(), 100);
    let requests = server.requests();
    assert!(requests.len() > 5 && requests.iter().all(|request| request.bytes <= 1_000));
    // A request is as full as it can be.
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
async fn an_event_larger_than_a_request_goes_alone() {
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
async fn a_batch_mixes_types_and_payloads() {
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
async fn nothing_to_send_makes_no_request() {
    let script = Script::default();
    assert_eq!(script.client().send_many(items(0)).await.unwrap(), []);
    assert_eq!(script.client().send_batch(Batch::new()).await.unwrap(), []);
    assert!(script.seeds_and_bodies().is_empty());
}

#[tokio::test]
async fn each_request_has_a_seed_of_its_own_that_gives_the_ids() {
    let script = Script::default();
    let receipts = script.client().send_many(&items(5)).await.unwrap();
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
async fn events_that_cannot_be_sent_do_not_hold_up_the_others() {
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
async fn a_plan_says_what_sending_would_do() {
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

#[tokio::test]
async fn an_unknown_key_is_an_error_with_the_fix() {
    let server = EventServer::builder().event_key("another").start().unwrap();
    let client = Client::builder()
        .event_key(KEY)
        .base_url(server.url())
        .build()
        .unwrap();
    let error = client.send(&item(1)).await.unwrap_err();
    assert!(matches!(error, SendError::UnknownEventKey { .. }));
    assert!(
        error
            .to_string()
            .contains("Event key not found; check INNGEST_EVENT_KEY")
    );
    let error = client.send_many(&items(2)).await.unwrap_err();
    assert_eq!(error.rejected().count(), 2);
    assert_eq!(error.into_unsent().len(), 2);
    assert!(server.events().is_empty());
}

#[tokio::test]
async fn the_key_is_in_no_text() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let builder = Client::builder().event_key(KEY).base_url(&url);
    let builder = builder.retry(RetryPolicy::none());
    let mut texts = vec![format!("{builder:?}")];
    let client = builder.clone().build().unwrap();
    texts.push(format!("{client:?}"));
    let error = client.send(&item(1)).await.unwrap_err();
    assert!(matches!(&error, SendError::Transport { source, .. } if source.is_connect()));
    texts.push(format!("{error} {error:?}"));
    let through_reqwest = builder.http_client(reqwest::Client::new()).build().unwrap();
    let error = through_reqwest.send(&item(1)).await.unwrap_err();
    assert!(matches!(&error, SendError::Transport { source, .. } if source.is_connect()));
    texts.push(format!("{error} {error:?}"));
    let error = client.send_many(&items(2)).await.unwrap_err();
    texts.push(format!("{error} {error:?}"));
    let script = Script::new([Ok(Answer::new(500, ""))]);
    let error = script.client().send(&item(1)).await.unwrap_err();
    texts.push(format!(
        "{error} {error:?} {:?}",
        script.requests.lock().unwrap()
    ));
    for text in texts {
        assert!(!text.contains(KEY), "{text}");
    }
}

#[tokio::test]
async fn a_dev_server_that_is_not_there_is_asked_for() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let client = Client::builder().dev(true).base_url(&url);
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    let error = client.send(&item(1)).await.unwrap_err().to_string();
    let expected = format!("{url}/e/ could not be reached; is the dev server running?");
    assert!(error.starts_with(&expected), "{error}");
}

#[tokio::test]
async fn a_refusal_in_a_request_leaves_an_accepted_beginning_and_unknown_rest() {
    let refusal = |ids: serde_json::Value| {
        let body = json!({ "ids": ids, "status": 400, "error": "event name is empty" });
        Ok(Answer::new(400, body.to_string()))
    };
    let script = Script::new([
        refusal(json!(["01JQDAE4RQF8MBCR55T5AK4KXS"])),
        refusal(json!([""])),
    ]);
    let error = script.client().send_many(&items(3)).await.unwrap_err();
    assert!(matches!(
        error.outcomes(),
        [
            Outcome::Accepted(_),
            Outcome::Unknown { .. },
            Outcome::Rejected(_)
        ]
    ));
    assert_eq!(
        error.to_string(),
        "1 of 3 events were not delivered and 1 may not have been; the first error: the server \
         refused an event: event name is empty"
    );
}

#[tokio::test]
async fn what_may_have_arrived_is_unknown_and_sent_again_as_the_same_events() {
    let script = Script::new([
        Ok(Answer::new(
            200,
            r#"{"ids":["01JQDAE4RQF8MBCR55T5AK4KXS"],"status":200}"#,
        )),
        Ok(Answer::new(200, "<html></html>")),
        Err(TransportError::other("connection reset")),
        Err(TransportError::connect("connection refused")),
        Ok(Answer::new(503, "")),
        Ok(Answer::new(429, "")),
    ]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let client = client.retry(RetryPolicy::none());
    let client = client.max_request_events(2).concurrency(1).build().unwrap();
    let error = client.send_many(&items(13)).await.unwrap_err();
    let kinds: Vec<_> = error
        .outcomes()
        .iter()
        .map(|outcome| match outcome {
            Outcome::Accepted(_) => 'a',
            Outcome::Rejected(_) => 'r',
            Outcome::Unknown { .. } => 'u',
            _ => '?',
        })
        .collect();
    assert_eq!(kinds.iter().collect::<String>(), "uuuuuurruurra");
    let unknown: Vec<_> = error.unknown().map(|(_, id)| id.clone()).collect();

    let before = script.seeds_and_bodies();
    let unsent = error.into_unsent();
    assert_eq!(unsent.len(), 12);
    assert_eq!(client.plan(&unsent).requests.len(), 6);
    let receipts = client.send_batch(unsent).await.unwrap();
    let after = script.seeds_and_bodies();
    assert_eq!(before[..6], after[7..], "same seeds, same bytes");
    let ids: Vec<_> = receipts
        .iter()
        .map(|receipt| receipt.event_id.clone())
        .collect();
    assert_eq!(ids[..6], unknown[..6], "the ids that were announced");
    let expected: Vec<_> = (0..12).map(|n| format!("item-imported-i{n}")).collect();
    assert_eq!(dedup_ids(&receipts), expected);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_given_up() {
    struct Silent;
    impl Transport for Silent {
        fn post(&self, _: Request) -> TransportFuture<'_> {
            Box::pin(std::future::pending())
        }
    }
    let timeout = Duration::from_secs(7);
    let client = Client::builder()
        .event_key(KEY)
        .transport(Silent)
        .timeout(timeout)
        .retry(RetryPolicy::none());
    let started = tokio::time::Instant::now();
    let error = client.build().unwrap().send(&item(1)).await.unwrap_err();
    assert!(matches!(error, SendError::Timeout { .. }));
    assert_eq!(started.elapsed(), timeout);
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_the_same_request() {
    let faults = [
        Ok(Answer::new(503, "")),
        Err(TransportError::other("connection reset")),
        Ok(Answer::new(200, "<html></html>")),
        Ok(Answer::new(429, "")),
    ];
    let script = Script::new(faults);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let receipt = client.build().unwrap().send(&item(1)).await.unwrap();
    let requests = script.seeds_and_bodies();
    assert_eq!(requests.len(), 5);
    assert!(requests.iter().all(|request| *request == requests[0]));
    assert_eq!(script.recorder.events()[0].event_id, receipt.event_id);
}

#[tokio::test(start_paused = true)]
async fn a_time_that_the_server_asks_for_is_kept() {
    let wait = |seconds: &'static str| {
        let headers = http::HeaderMap::from_iter([(
            http::header::RETRY_AFTER,
            http::HeaderValue::from_static(seconds),
        )]);
        Ok(Answer::new(429, "").with_headers(headers))
    };
    let script = Script::new([wait("3"), wait("4")]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let started = tokio::time::Instant::now();
    client.build().unwrap().send(&item(1)).await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_pass_later_is_not_tried_again() {
    for status in [400, 401, 403, 404, 413] {
        let script = Script::new([Ok(Answer::new(status, "{}"))]);
        let client = Client::builder().event_key(KEY).transport(script.clone());
        client.build().unwrap().send(&item(1)).await.unwrap_err();
        assert_eq!(script.seeds_and_bodies().len(), 1, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_try_may_have_brought_is_unknown() {
    let refused = || Err(TransportError::connect("connection refused"));
    let script = Script::new([Err(TransportError::other("connection reset")), refused()]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let client = client
        .retry(RetryPolicy::default().attempts(2))
        .build()
        .unwrap();
    let error = client.send_many(&items(1)).await.unwrap_err();
    assert!(matches!(error.outcomes(), [Outcome::Unknown { .. }]));
    let script = Script::new([refused(), refused()]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let client = client
        .retry(RetryPolicy::default().attempts(2))
        .build()
        .unwrap();
    let error = client.send_many(&items(1)).await.unwrap_err();
    assert!(matches!(error.outcomes(), [Outcome::Rejected(_)]));
}

#[test]
fn the_blocking_client_sends_the_same() {
    let server = EventServer::start().unwrap();
    let builder = || Client::builder().dev(true).base_url(server.url());
    let client = blocking::Client::build(builder()).unwrap();
    let receipt = client.send(item(1)).unwrap();
    assert_eq!(server.events()[0].event_id, receipt.event_id);
    assert_eq!(client.send_many(items(3)).unwrap().len(), 3);
    let mut batch = Batch::new();
    batch.push(item(7)).unwrap();
    assert_eq!(client.plan(&batch).requests.len(), 1);
    assert_eq!(client.send_batch(batch).unwrap().len(), 1);
    assert_eq!(server.events().len(), 5);
}

#[tokio::test]
async fn the_blocking_client_inside_a_runtime_is_an_error_and_no_deadlock() {
    let server = EventServer::start().unwrap();
    let builder = Client::builder().dev(true).base_url(server.url());
    let client = blocking::Client::build(builder).unwrap();
    assert!(matches!(
        client.send(item(1)),
        Err(SendError::InsideRuntime)
    ));
    let error = client.send_many(items(2)).unwrap_err();
    assert_eq!(error.rejected().count(), 2);
    assert_eq!(error.into_unsent().len(), 2);
    assert!(server.events().is_empty());
    drop(client);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let script = Script::new([Ok(Answer::new(303, ""))]);
    let error = script.client().send(&item(1)).await.unwrap_err();
    assert!(matches!(
        error,
        SendError::UnexpectedStatus { status: 303, .. }
    ));
    assert_eq!(script.seeds_and_bodies().len(), 1);
}

#[tokio::test]
async fn requests_of_one_batch_are_under_way_at_once_up_to_the_bound() {
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
    assert_eq!(client.send_many(&items(20)).await.unwrap().len(), 20);
    assert_eq!(counting.most.load(std::sync::atomic::Ordering::SeqCst), 3);
}

#[tokio::test]
async fn the_users_reqwest_client_sends_the_same() {
    let server = EventServer::start().unwrap();
    let builder = Client::builder().dev(true).base_url(server.url());
    let client = builder.http_client(reqwest::Client::new()).build().unwrap();
    let receipts = client.send_many(&items(3)).await.unwrap();
    assert_eq!(receipts.len(), 3);
    assert_eq!(
        server.requests()[0].headers["content-type"],
        "application/json"
    );
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let builder = || Client::builder().event_key(KEY);
    for (setting, built) in [
        ("max_request_bytes", builder().max_request_bytes(0).build()),
        (
            "max_request_events",
            builder().max_request_events(0).build(),
        ),
        ("max_event_bytes", builder().max_event_bytes(0).build()),
        ("concurrency", builder().concurrency(0).build()),
        ("timeout", builder().timeout(Duration::ZERO).build()),
    ] {
        assert_eq!(built.unwrap_err(), ConfigError::Zero { setting });
    }
    let error = builder().base_url("localhost:8288").build().unwrap_err();
    insta::assert_snapshot!(error, @"the base URL `localhost:8288` from `base_url` does not begin with `http://` or `https://`; give one such as `http://localhost:8288`");
}

#[test]
fn a_client_for_the_cloud_is_made_without_a_request() {
    let client = Client::builder()
        .dev(false)
        .event_key(KEY)
        .base_url("https://inn.gs")
        .build();
    assert_eq!(client.unwrap().url(), "https://inn.gs/e/");
}
