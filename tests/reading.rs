//! `send_many` reads its events as they are sent.

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

/// Sends as many requests as it is allowed to.
#[derive(Clone)]
struct Held {
    begun: Arc<AtomicUsize>,
    allowed: Arc<Semaphore>,
    recorder: Recorder,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            begun: Arc::default(),
            allowed: Arc::new(Semaphore::new(0)),
            recorder: Recorder::default(),
        }
    }
}

impl Transport for Held {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        self.begun.fetch_add(1, SeqCst);
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
async fn no_more_is_read_than_the_requests_under_way_hold() {
    let held = Held::default();
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
    assert_eq!(read.load(SeqCst), 0, "nothing is read before it is awaited");
    let sending = tokio::spawn(sending);
    for requests in 3..=10 {
        while held.begun.load(SeqCst) < requests {
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

/// The first request is answered last.
#[tokio::test]
async fn a_request_that_is_waited_for_does_not_hold_up_those_after_it() {
    #[derive(Clone, Default)]
    struct FirstIsLast(Recorder, Arc<AtomicUsize>);

    impl Transport for FirstIsLast {
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
    let client = builder.concurrency(2).transport(FirstIsLast::default());
    let receipts = client.build().unwrap().send_many(items(100)).await;
    assert_eq!(dedup_ids(&receipts.unwrap()), ids(0..100));
}

#[tokio::test]
async fn what_is_borrowed_need_not_outlive_the_call() {
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
async fn events_without_a_time_occurred_when_the_call_was_made() {
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

/// Six requests, of which two may have arrived.
#[tokio::test]
async fn what_is_in_doubt_of_many_requests_is_sent_again_as_it_was() {
    let refused = |body: &str| body.contains("i2\"") || body.contains("i8\"");
    let broken = Breaks(Script::default(), refused);
    let builder = Client::builder().event_key(KEY).max_request_events(2);
    let builder = builder.retry(RetryPolicy::none()).max_event_bytes(250);
    let client = builder.transport(broken.clone()).build().unwrap();
    let mut all = items(12);
    all[5].item_id.clear();
    all[6].item_id = "x".repeat(250);
    let error = client.send_many(&all).await.unwrap_err();
    assert_eq!(error.outcomes().len(), 12);
    let unknown: Vec<_> = error.unknown().map(|(place, _)| place).collect();
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

/// Breaks the connection of requests with certain bodies.
#[derive(Clone)]
struct Breaks(Script, fn(&str) -> bool);

impl Transport for Breaks {
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

/// Is shown a request's worth at a time, and fails for the second.
#[derive(Clone, Default)]
struct FailsSecond {
    shown: Arc<Mutex<Vec<usize>>>,
    told: Arc<Mutex<Vec<bool>>>,
}

impl Middleware for FailsSecond {
    fn before_send(
        &self,
        events: &mut Outgoing,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut shown = self.shown.lock().unwrap();
        shown.push(events.len());
        if shown.len() == 2 {
            return Err("not now".into());
        }
        Ok(())
    }

    fn after_send(&self, events: &[SentEvent<'_>]) {
        let accepted = events.iter().map(|event| event.outcome.error().is_none());
        self.told.lock().unwrap().extend(accepted);
    }
}

#[tokio::test]
async fn middleware_is_shown_a_requests_worth_at_a_time() {
    let script = Script::default();
    let middleware = FailsSecond::default();
    let builder = Client::builder().event_key(KEY).max_request_events(4);
    let builder = builder.middleware(middleware.clone());
    let client = builder.transport(script.clone()).build().unwrap();
    let error = client.send_many(items(10)).await.unwrap_err();
    assert_eq!(*middleware.shown.lock().unwrap(), [4, 4, 2]);
    let told = middleware.told.lock().unwrap().clone();
    assert_eq!(
        (told.len(), told.iter().filter(|sent| **sent).count()),
        (10, 6)
    );
    let rejected: Vec<_> = error.rejected().map(|(place, _)| place).collect();
    assert_eq!(rejected, [4, 5, 6, 7]);
    let text = "4 of 10 events were not delivered; the first error: \
                a middleware failed and the event was not sent";
    assert_eq!(error.to_string(), text);
    assert_eq!(error.into_unsent().len(), 4);
    assert_eq!(script.recorder.events().len(), 6);
}

fn received(events: mpsc::Receiver<ItemImported>) -> impl Stream<Item = ItemImported> {
    stream::unfold(events, |mut events| async move {
        Some((events.recv().await?, events))
    })
}

/// Nobody knows when the next event comes.
#[tokio::test(start_paused = true)]
async fn what_a_stream_has_goes_out_although_it_has_no_more_yet() {
    let script = Script::default();
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let (feed, events) = mpsc::channel(10);
    let mut sending = client.build().unwrap().send_stream(received(events));
    for (first, events) in [(0, 1), (1, 3), (4, 1)] {
        for n in first..first + events {
            feed.send(item(n)).await.unwrap();
        }
        let next = tokio::time::timeout(Duration::from_secs(60), sending.next()).await;
        let progress = next.expect("it is sent").unwrap();
        assert_eq!((progress.first, progress.events), (first, events));
        let receipts = progress.result.unwrap();
        assert_eq!(dedup_ids(&receipts), ids(first..first + events));
    }
    drop(feed);
    assert!(sending.next().await.is_none());
}

#[tokio::test]
async fn what_comes_while_a_request_is_under_way_goes_out_together() {
    let held = Held::default();
    let client = Client::builder().event_key(KEY).max_request_events(10);
    let client = client.concurrency(3).transport(held.clone());
    let (feed, events) = mpsc::channel(100);
    let mut sending = client.build().unwrap().send_stream(received(events));
    for n in 0..16 {
        feed.send(item(n)).await.unwrap();
        // Twice, because it lets others have their turn after each request's worth.
        for _ in 0..2 {
            assert!(sending.next().now_or_never().is_none());
        }
        let full = n / 10;
        assert_eq!(held.begun.load(SeqCst), 1 + full, "{n}");
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
        assert_ne!(
            self.0, 2,
            "the mistake of a user, in the middle of an event"
        );
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
async fn an_event_that_panics_leaves_nothing_in_the_batch() {
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
fn a_blocking_client_reads_no_more_than_its_requests_hold() {
    let held = Held::default();
    let builder = blocking::Client::builder().event_key(KEY);
    let builder = builder.max_request_events(10).concurrency(3);
    let client = builder.transport(held.clone()).build().unwrap();
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let events = (0..100).map(move |n| {
        counter.fetch_add(1, SeqCst);
        item(n)
    });
    let sending = std::thread::spawn(move || client.send_many(events));
    for requests in 3..=10 {
        while held.begun.load(SeqCst) < requests {
            std::thread::yield_now();
        }
        assert_eq!(read.load(SeqCst), 10 * requests);
        held.allowed.add_permits(1);
    }
    held.allowed.add_permits(2);
    let receipts = sending.join().unwrap().unwrap();
    assert_eq!(dedup_ids(&receipts), ids(0..100));
}
