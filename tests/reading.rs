//! `send_many` reads events lazily, while it sends them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt as _;
use futures_util::stream::{self, Stream};
use inngest_core::middleware::{Middleware, Outgoing, SentEvent};
use inngest_core::testing::Recorder;
use inngest_core::transport::{Request, Transport, TransportError, TransportFuture};
use inngest_core::{Batch, Client, Event, RetryPolicy, SendError, Timestamp as _, blocking};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use support::{ItemImported, KEY, Script, dedup_ids, item, items};
use tokio::sync::{Semaphore, mpsc};

mod support;

/// A transport that answers one request for each permit.
#[derive(Clone)]
struct HoldAll {
    started: Arc<AtomicUsize>,
    allowed: Arc<Semaphore>,
    recorder: Recorder,
}

impl Default for HoldAll {
    fn default() -> Self {
        Self {
            started: Arc::default(),
            allowed: Arc::new(Semaphore::new(0)),
            recorder: Recorder::default(),
        }
    }
}

impl Transport for HoldAll {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        self.started.fetch_add(1, SeqCst);
        Box::pin(async move {
            self.allowed.acquire().await.unwrap().forget();
            self.recorder.post(request).await
        })
    }
}

fn ids(events: impl IntoIterator<Item = usize>) -> Vec<String> {
    let id = |n| format!("item-imported-i{n}");
    events.into_iter().map(id).collect()
}

#[tokio::test]
async fn only_events_of_requests_in_flight_are_read() {
    let held = HoldAll::default();
    let builder = Client::builder().event_key(KEY).max_request_events(10);
    let client = builder.concurrency(3).transport(held.clone());
    let client = client.build().unwrap();
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let events = (0..100).map(move |n| {
        counter.fetch_add(1, SeqCst);
        item(n)
    });
    let sending = client.send_many(events);
    assert_eq!(
        read.load(SeqCst),
        0,
        "nothing is read before the first poll"
    );
    let sending = tokio::spawn(sending);
    for requests in 3..=10 {
        while held.started.load(SeqCst) < requests {
            tokio::task::yield_now().await;
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(read.load(SeqCst), 10 * requests);
        held.allowed.add_permits(1);
    }
    held.allowed.add_permits(2);
    let receipts = sending.await.unwrap().unwrap();
    assert_eq!(dedup_ids(&receipts), ids(0..100));
}

#[tokio::test]
async fn slow_request_does_not_block_later_requests() {
    #[derive(Clone, Default)]
    struct AnswerFirstLast(Recorder, Arc<AtomicUsize>);

    impl Transport for AnswerFirstLast {
        fn post(&self, request: Request) -> TransportFuture<'_> {
            let number = self.1.fetch_add(1, SeqCst);
            Box::pin(async move {
                while number == 0 && self.1.load(SeqCst) < 10 {
                    tokio::task::yield_now().await;
                }
                self.0.post(request).await
            })
        }
    }

    let builder = Client::builder().event_key(KEY).max_request_events(10);
    let client = builder.concurrency(2).transport(AnswerFirstLast::default());
    let receipts = client.build().unwrap().send_many(items(100)).await;
    assert_eq!(dedup_ids(&receipts.unwrap()), ids(0..100));
}

#[tokio::test]
async fn send_many_accepts_borrowed_events() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }

    let client = Script::default().client();
    let all = items(5);
    let sent = [
        is_send(client.send_many(&all)).await,
        is_send(client.send_many(&all[..])).await,
        is_send(client.send_many(all.iter().filter(|item| item.quantity > 0))).await,
        is_send(client.send_many(all.iter().map(|item| item.payload().session("s", 1)))).await,
        is_send(client.send_many([&all[0], &all[1], &all[2], &all[3], &all[4]])).await,
    ];
    for receipts in sent {
        assert_eq!(dedup_ids(&receipts.unwrap()), ids(0..5));
    }

    let owned = tokio::spawn(client.send_many(all.clone()));
    assert_eq!(owned.await.unwrap().unwrap().len(), 5);
    let borrowed = tokio::spawn(async move {
        let payloads = all.iter().map(Event::payload);
        client.send_many(payloads).await.map(|sent| sent.len())
    });
    assert_eq!(borrowed.await.unwrap().unwrap(), 5);
}

#[tokio::test]
async fn default_timestamp_is_the_time_of_the_call() {
    let now = || SystemTime::now().timestamp_millis().unwrap();
    let script = Script::default();
    let client = script.client();
    let before = now();
    let sending = client.send_many(items(4));
    let after = now();
    while now() == after {
        tokio::task::yield_now().await;
    }
    sending.await.unwrap();
    let times: Vec<_> = script.recorder.events().iter().map(|e| e.ts).collect();
    assert!(times.iter().all(|ts| *ts == times[0]), "{times:?}");
    assert!((before..=after).contains(&times[0]), "{times:?}");

    let explicit = items(2);
    let explicit = explicit
        .iter()
        .map(|item| item.payload().at(1_800_000_000_000_i64));
    client.send_many(explicit).await.unwrap();
    assert_eq!(script.recorder.events()[4].ts, 1_800_000_000_000);
}

/// Two of six requests have an unknown outcome.
#[tokio::test]
async fn uncertain_requests_are_resent_unchanged() {
    let breaks = |body: &str| body.contains("i2\"") || body.contains("i8\"");
    let broken = BreakSome(Script::default(), breaks);
    let builder = Client::builder().event_key(KEY).max_request_events(2);
    let builder = builder.retry(RetryPolicy::none()).max_event_bytes(250);
    let client = builder.transport(broken.clone()).build().unwrap();
    let mut all = items(12);
    all[5].item_id.clear();
    all[6].item_id = "x".repeat(250);
    let error = client.send_many(&all).await.unwrap_err();
    assert_eq!(error.outcomes().len(), 12);
    let unknown: Vec<_> = error.unknown().map(|(index, _)| index).collect();
    assert_eq!(unknown, [2, 3, 8, 9]);
    let rejected: Vec<_> = error.rejected().collect();
    let [
        (5, SendError::Payload(empty)),
        (6, SendError::Payload(large)),
    ] = rejected[..]
    else {
        panic!("{error}");
    };
    assert_eq!((empty.index(), large.index()), (5, 6));
    let ids_before: Vec<_> = error.unknown().map(|(_, id)| id.clone()).collect();

    let first = broken.0.seeds_and_bodies();
    let script = Script::default();
    let receipts = script
        .client()
        .send_batch(error.into_unsent())
        .await
        .unwrap();
    let ids_after: Vec<_> = receipts.into_iter().map(|r| r.event_id).collect();
    assert_eq!(ids_after, ids_before);
    let again = script.seeds_and_bodies();
    assert_eq!(again.len(), 2);
    assert!(again.iter().all(|request| first.contains(request)));
}

/// A transport that fails for requests with certain bodies.
#[derive(Clone)]
struct BreakSome(Script, fn(&str) -> bool);

impl Transport for BreakSome {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        if !(self.1)(&body) {
            return self.0.post(request);
        }
        self.0.requests.lock().unwrap().push(request);
        let error = TransportError::other("connection reset");
        Box::pin(std::future::ready(Err(error)))
    }
}

/// Middleware that fails for the second request.
#[derive(Clone, Default)]
struct FailOnSecond {
    batch_sizes: Arc<Mutex<Vec<usize>>>,
    successes: Arc<Mutex<Vec<bool>>>,
}

impl Middleware for FailOnSecond {
    fn before_send(
        &self,
        events: &mut Outgoing,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut batch_sizes = self.batch_sizes.lock().unwrap();
        batch_sizes.push(events.len());
        if batch_sizes.len() == 2 {
            return Err("not now".into());
        }
        Ok(())
    }

    fn after_send(&self, events: &[SentEvent<'_>]) {
        let accepted = events.iter().map(|event| event.outcome.error().is_none());
        self.successes.lock().unwrap().extend(accepted);
    }
}

#[tokio::test]
async fn middleware_runs_once_for_each_request() {
    let script = Script::default();
    let middleware = FailOnSecond::default();
    let builder = Client::builder().event_key(KEY).max_request_events(4);
    let builder = builder.middleware(middleware.clone());
    let client = builder.transport(script.clone()).build().unwrap();
    let error = client.send_many(items(10)).await.unwrap_err();
    assert_eq!(*middleware.batch_sizes.lock().unwrap(), [4, 4, 2]);
    let successes = middleware.successes.lock().unwrap().clone();
    assert_eq!(
        (
            successes.len(),
            successes.iter().filter(|sent| **sent).count()
        ),
        (10, 6)
    );
    let rejected: Vec<_> = error.rejected().map(|(index, _)| index).collect();
    assert_eq!(rejected, [4, 5, 6, 7]);
    let text = "4 of 10 events were not delivered; the first error: \
                a middleware failed and the event was not sent";
    assert_eq!(error.to_string(), text);
    assert_eq!(error.into_unsent().len(), 4);
    assert_eq!(script.recorder.events().len(), 6);
}

fn receiver_stream(events: mpsc::Receiver<ItemImported>) -> impl Stream<Item = ItemImported> {
    stream::unfold(events, |mut events| async move {
        Some((events.recv().await?, events))
    })
}

/// The next event of a stream may arrive much later.
#[tokio::test(start_paused = true)]
async fn pending_stream_does_not_delay_ready_events() {
    let script = Script::default();
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let (feed, events) = mpsc::channel(10);
    let mut sending = client.build().unwrap().send_stream(receiver_stream(events));
    for (first, events) in [(0, 1), (1, 3), (4, 1)] {
        for n in first..first + events {
            feed.send(item(n)).await.unwrap();
        }
        let next = tokio::time::timeout(Duration::from_secs(60), sending.next()).await;
        let progress = next.expect("the request is sent").unwrap();
        assert_eq!((progress.first, progress.events), (first, events));
        let receipts = progress.result.unwrap();
        assert_eq!(dedup_ids(&receipts), ids(first..first + events));
    }
    drop(feed);
    assert!(sending.next().await.is_none());
}

#[tokio::test]
async fn events_that_arrive_during_a_request_share_the_next() {
    let held = HoldAll::default();
    let client = Client::builder().event_key(KEY).max_request_events(10);
    let client = client.concurrency(3).transport(held.clone());
    let (feed, events) = mpsc::channel(100);
    let mut sending = client.build().unwrap().send_stream(receiver_stream(events));
    for n in 0..16 {
        feed.send(item(n)).await.unwrap();
        // Poll twice, because the stream yields after each full request.
        for _ in 0..2 {
            assert!(sending.next().now_or_never().is_none());
        }
        let full = n / 10;
        assert_eq!(held.started.load(SeqCst), 1 + full, "{n}");
    }
    held.allowed.add_permits(100);
    for expected in [(0, 1), (1, 10), (11, 5)] {
        let progress = sending.next().await.unwrap();
        assert_eq!((progress.first, progress.events), expected);
        progress.result.unwrap();
    }
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/price.changed")]
struct PriceChanged {
    before: usize,
    price: Price,
}

#[derive(JsonSchema)]
struct Price(usize);

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert_ne!(self.0, 2, "a bug in user code, in the middle of an event");
        self.0.serialize(serializer)
    }
}

fn prices(n: usize) -> impl Iterator<Item = PriceChanged> + Send {
    let price = |n| PriceChanged {
        before: 0,
        price: Price(n),
    };
    (0..n).map(price)
}

#[tokio::test]
async fn panicking_event_is_removed_from_the_batch() {
    let script = Script::default();
    let mut batch = Batch::new();
    for event in prices(5) {
        let pushed = catch_unwind(AssertUnwindSafe(|| batch.push(&event)));
        assert_eq!(pushed.is_err(), event.price.0 == 2);
    }
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let client = client.build().unwrap();
    assert_eq!(client.send_batch(batch).await.unwrap().len(), 4);

    let mut sending = client.send_iter(prices(5));
    let next = AssertUnwindSafe(|| sending.next().now_or_never().is_some());
    catch_unwind(next).unwrap_err();
    let rest = sending.next().await.unwrap();
    assert_eq!((rest.first, rest.events), (0, 4));
    rest.result.unwrap();
    assert!(sending.next().await.is_none());

    let requests = script.seeds_and_bodies();
    assert_eq!(requests.len(), 2);
    for (_, body) in requests {
        let events: Vec<serde_json::Value> = serde_json::from_str(&body).unwrap();
        assert_eq!(events.len(), 4);
    }
}

/// The blocking client reads events as it sends them, too.
#[test]
fn blocking_client_reads_only_events_of_requests_in_flight() {
    let transport = HoldAll::default();
    let builder = blocking::Client::builder().event_key(KEY);
    let builder = builder.max_request_events(10).concurrency(3);
    let client = builder.transport(transport.clone()).build().unwrap();
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let events = (0..100).map(move |n| {
        counter.fetch_add(1, SeqCst);
        item(n)
    });
    let sending = std::thread::spawn(move || client.send_many(events));
    for requests in 3..=10 {
        while transport.started.load(SeqCst) < requests {
            std::thread::yield_now();
        }
        assert_eq!(read.load(SeqCst), 10 * requests);
        transport.allowed.add_permits(1);
    }
    transport.allowed.add_permits(2);
    let receipts = sending.join().unwrap().unwrap();
    assert_eq!(dedup_ids(&receipts), ids(0..100));
}
