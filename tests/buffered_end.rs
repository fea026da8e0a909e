//! Shutdown of the buffered sender, and the events that it returns.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use inngest_core::testing::Recorder;
use inngest_core::transport::{Answer, Request, Transport, TransportFuture};
use inngest_core::{Client, RetryPolicy, SendError};
use support::{CartCleared, Script};

mod support;

const HOUR: Duration = Duration::from_secs(3_600);

fn cart(note: &str) -> CartCleared {
    CartCleared { note: note.into() }
}

/// A server that rejects `no` events, stores other events by event id, and stops answering after
/// `answers` requests.
#[derive(Clone)]
struct LimitedServer {
    answers: Arc<AtomicUsize>,
    recorder: Recorder,
    accepted: Arc<std::sync::Mutex<BTreeMap<String, String>>>,
    max_events: usize,
}

impl LimitedServer {
    fn new(answers: usize) -> Self {
        Self {
            answers: Arc::new(answers.into()),
            recorder: Recorder::default(),
            accepted: Arc::default(),
            max_events: usize::MAX,
        }
    }

    fn client(&self) -> Client {
        let builder = Client::builder()
            .event_key("k")
            .transport(self.clone())
            .retry(RetryPolicy::none());
        builder.build().unwrap()
    }

    /// The notes of all events that ran, sorted.
    fn runs(&self) -> Vec<String> {
        let mut notes: Vec<_> = self.accepted.lock().unwrap().values().cloned().collect();
        notes.sort();
        notes
    }
}

impl Transport for LimitedServer {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        Box::pin(async move {
            let events: Vec<serde_json::Value> = serde_json::from_slice(request.body()).unwrap();
            if events.len() > self.max_events {
                return Ok(Answer::new(413, ""));
            }
            let note =
                |event: &serde_json::Value| event["data"]["note"].as_str().map(str::to_owned);
            let answer = self.recorder.post(request).await?;
            let all = self.recorder.events();
            let ids = all.iter().rev().take(events.len()).rev();
            let ids = ids.map(|event| event.event_id.to_string());
            let refused = events.iter().position(|event| note(event).unwrap() == "no");
            let accepted: Vec<(String, String)> = ids
                .zip(events.iter().map(|event| note(event).unwrap()))
                .take(refused.unwrap_or(events.len()))
                .collect();
            self.accepted
                .lock()
                .unwrap()
                .extend(accepted.iter().cloned());
            if self
                .answers
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                .is_err()
            {
                std::future::pending::<()>().await;
            }
            let ids: Vec<_> = accepted.into_iter().map(|(id, _)| id).collect();
            Ok(match refused {
                None => answer,
                Some(_) => {
                    let body = serde_json::json!({ "ids": ids, "status": 400, "error": "no" });
                    Answer::new(400, body.to_string())
                }
            })
        })
    }
}

/// Events after a rejected event keep their event ids when resent. With new ids they would run twice.
#[tokio::test(start_paused = true)]
async fn shutdown_during_a_rejection_duplicates_nothing() {
    // Stop at each step: the whole request, the rejected event alone, and the rest, which the server
    // accepts without answering.
    for answers in 0..5 {
        let server = LimitedServer::new(answers);
        let client = server.client();
        let sender = client.buffered().linger(HOUR).start().unwrap();
        let mut pending = Vec::new();
        for note in ["a", "no", "b", "c"] {
            pending.push(sender.send(cart(note)).await.unwrap());
        }
        let report = sender.shutdown(Duration::from_secs(1)).await;
        let mut results = Vec::new();
        for pending in pending {
            results.push(pending.await);
        }
        let closed = results.iter().filter(|result| {
            matches!(
                result,
                Err(SendError::InDoubt { .. } | SendError::SenderClosed)
            )
        });
        assert_eq!(report.unsent.len(), closed.count(), "{answers}");
        let delivered = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(report.delivered, delivered as u64, "{answers}");
        let refused = results
            .iter()
            .filter(|result| matches!(result, Err(SendError::Refused { .. })));
        assert_eq!(report.failed, refused.count() as u64, "{answers}");

        server.answers.store(100, Ordering::Relaxed);
        let error = client.send_batch(report.unsent).await;
        if let Err(error) = error {
            let refused = error.outcomes().iter().filter(|o| o.error().is_some());
            assert_eq!(refused.count(), 1, "{answers}");
        }
        assert_eq!(server.runs(), ["a", "b", "c"], "{answers}");
    }
}

#[tokio::test(start_paused = true)]
async fn shutdown_after_a_split_returns_the_unsent_half() {
    let server = LimitedServer {
        max_events: 2,
        ..LimitedServer::new(1)
    };
    let client = server.client();
    let sender = client.buffered().linger(HOUR).start().unwrap();
    for note in ["a", "b", "c", "d"] {
        drop(sender.send(cart(note)).await.unwrap());
    }
    let report = sender.shutdown(Duration::from_secs(1)).await;
    assert_eq!((report.delivered, report.unsent.len()), (2, 2));
    server.answers.store(100, Ordering::Relaxed);
    client.send_batch(report.unsent).await.unwrap();
    assert_eq!(server.runs(), ["a", "b", "c", "d"]);
}

#[tokio::test(start_paused = true)]
async fn flush_after_shutdown_returns_immediately() {
    let server = LimitedServer::new(0);
    let sender = server.client().buffered().linger(HOUR).start().unwrap();
    let other = sender.clone();
    drop(sender.send(cart("a")).await.unwrap());
    let report = sender.shutdown(Duration::ZERO).await;
    assert_eq!(report.unsent.len(), 1);
    other.flush().await;
    let report = other.shutdown(Duration::MAX).await;
    assert!(report.unsent.is_empty());
}

#[tokio::test]
async fn maximum_linger_does_not_overflow() {
    let script = Script::default();
    let sender = script.client().buffered().linger(Duration::MAX);
    let sender = sender.start().unwrap();
    let pending = sender.send(cart("a")).await.unwrap();
    sender.flush().await;
    pending.await.unwrap();
}

#[tokio::test]
async fn panicking_transport_is_a_failure() {
    struct Panics;
    impl Transport for Panics {
        fn post(&self, _: Request) -> TransportFuture<'_> {
            Box::pin(async { panic!("a bug in the transport") })
        }
    }
    let client = Client::builder().event_key("k").transport(Panics);
    let sender = client.build().unwrap().buffered().start().unwrap();
    let pending = sender.send(cart("a")).await.unwrap();
    sender.flush().await;
    assert!(matches!(
        pending.await,
        Err(SendError::ConnectionBroke { .. })
    ));
    let report = sender.shutdown(HOUR).await;
    assert_eq!((report.delivered, report.failed), (0, 1));
}

#[test]
fn sender_without_its_runtime_returns_its_events() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let client = Script::default().client();
    let first = runtime();
    let (sender, pending) = first.block_on(async {
        let sender = client.buffered().linger(HOUR).start().unwrap();
        tokio::task::yield_now().await;
        let pending = sender.send(cart("a")).await.unwrap();
        (sender, pending)
    });
    drop(first);
    runtime().block_on(async {
        assert!(matches!(pending.await, Err(SendError::SenderClosed)));
        let late = sender.send(cart("b")).await;
        assert!(matches!(late, Err(SendError::SenderClosed)));
        sender.flush().await;
        let report = sender.shutdown(HOUR).await;
        assert_eq!(client.send_batch(report.unsent).await.unwrap().len(), 1);
    });
}

/// Counts the requests in flight.
#[derive(Clone, Default)]
struct CountInFlight {
    in_flight: Arc<AtomicUsize>,
    max: Arc<AtomicUsize>,
    recorder: Recorder,
}

impl Transport for CountInFlight {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        Box::pin(async move {
            let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
            self.max.fetch_max(now, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            self.in_flight.fetch_sub(1, Ordering::Relaxed);
            self.recorder.post(request).await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn concurrency_limit_holds_across_batches() {
    let counts = CountInFlight::default();
    let builder = Client::builder().event_key("k").transport(counts.clone());
    let client = builder.concurrency(2).max_request_events(3);
    let sender = client.build().unwrap().buffered();
    let sender = sender.linger(Duration::ZERO).start().unwrap();
    for round in 0..3 {
        for n in 0..20 {
            drop(sender.send(cart(&format!("{round} {n}"))).await.unwrap());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    sender.flush().await;
    assert_eq!(counts.recorder.events().len(), 60);
    assert_eq!(counts.max.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn sender_fills_its_requests() {
    let script = Script::default();
    let builder = Client::builder().event_key("k").max_request_bytes(500);
    let client = builder.transport(script.clone()).build().unwrap();
    let sender = client.buffered().linger(HOUR).start().unwrap();
    for n in 10..90 {
        drop(sender.send(cart(&n.to_string())).await.unwrap());
        tokio::task::yield_now().await;
    }
    sender.flush().await;
    let requests = script.seeds_and_bodies();
    let (_, full) = requests.split_last().unwrap();
    assert!(
        full.iter()
            .all(|(_, body)| (400..=500).contains(&body.len()))
    );
}

/// A failure hook that is still running at the timeout finishes before the report.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_waits_for_a_running_hook() {
    let (called, hook_calls) = std::sync::mpsc::channel();
    let reported = Arc::new(AtomicUsize::new(0));
    let hook_reported = Arc::clone(&reported);
    let script = Script::new([Ok(Answer::new(401, "{}"))]);
    let sender = script.client().buffered().on_failure(move |failure| {
        called.send(()).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        hook_reported.fetch_add(failure.unsent.len(), Ordering::Relaxed);
    });
    let sender = sender.linger(Duration::ZERO).start().unwrap();
    drop(sender.send(cart("a")).await.unwrap());
    tokio::task::spawn_blocking(move || hook_calls.recv().unwrap())
        .await
        .unwrap();
    let report = tokio::spawn(sender.shutdown(Duration::ZERO)).await.unwrap();
    assert_eq!((report.failed, report.unsent.len()), (1, 0));
    assert_eq!(reported.load(Ordering::Relaxed), 1);
}

/// Run by `lost_events_are_printed_if_nothing_collects_traces` in a process without a subscriber.
#[test]
fn losing_process() {
    if std::env::var_os("LOSES_EVENTS").is_none() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = Client::builder()
            .event_key("k")
            .transport(Script::default());
        let sender = client
            .build()
            .unwrap()
            .buffered()
            .linger(HOUR)
            .start()
            .unwrap();
        for note in ["a", "b", "c"] {
            sender.send(cart(note)).await.unwrap();
        }
    });
}

#[test]
fn lost_events_are_printed_if_nothing_collects_traces() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "losing_process", "--nocapture"])
        .env("LOSES_EVENTS", "1")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stderr).unwrap();
    let printed: Vec<_> = printed
        .lines()
        .filter(|line| line.starts_with("inngest-core: "))
        .collect();
    assert_eq!(
        printed,
        [
            "inngest-core: a buffered sender was dropped without `shutdown`; events lost: 3 (3 × \
             storefront/cart.cleared)"
        ]
    );
}

#[tokio::test]
async fn failures_and_reports_are_one_line() {
    let refused = || Ok(Answer::new(400, r#"{"error":"the \"note\" is bad"}"#));
    let client = Client::builder()
        .event_key("k")
        .transport(Script::new([refused(), refused()]))
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    let lines = Arc::new(std::sync::Mutex::new(Vec::new()));
    let hook = Arc::clone(&lines);
    let sender = client
        .buffered()
        .linger(HOUR)
        .on_failure(move |failure| hook.lock().unwrap().push(failure.to_string()))
        .start()
        .unwrap();
    let refused = sender.send(cart("bad")).await.unwrap();
    sender.flush().await;
    assert!(refused.await.is_err());
    assert_eq!(
        *lines.lock().unwrap(),
        [
            "1 event not delivered (1 × storefront/cart.cleared): the server refused the event: \
             the \"note\" is bad; correct the event, or leave it out"
        ]
    );
    let report = sender.shutdown(HOUR).await;
    assert_eq!(report.to_string(), "0 events delivered, 1 failed");

    let sender = LimitedServer::new(0).client().buffered().start().unwrap();
    for note in ["a", "b"] {
        sender.send(cart(note)).await.unwrap();
    }
    let report = sender.shutdown(Duration::ZERO).await;
    assert_eq!(
        report.to_string(),
        "0 events delivered, 0 failed, 2 unsent (2 × storefront/cart.cleared)"
    );
}
