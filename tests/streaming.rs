//! Streams of many events with bounded memory, also while the server fails.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use inngest_core::testing::EventServer;
use inngest_core::transport::{Answer, Request, Transport, TransportError, TransportFuture};
use inngest_core::{Client, RetryPolicy, SendError};
use support::{CartCleared, KEY};

mod support;

/// Serializes the tests, because they measure the memory of the whole process.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The resident memory of this process in bytes, or `None` if the system does not report it.
fn resident_memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes << 10)
}

/// The server rejects one event in 37, and 30% of the requests fail with random faults.
#[tokio::test]
async fn every_event_of_a_long_stream_has_an_outcome() {
    const EVENTS: usize = 100_000;
    let _guard = ONE_AT_A_TIME.lock().await;

    let server = EventServer::builder().keep_events(10_000).start().unwrap();
    let is_rejected = |n: usize| n % 37 == 36;
    server.refuse(|event| {
        let note = event.data["note"].as_str().unwrap();
        (note.starts_with("bad")).then(|| format!("{note} is refused"))
    });
    server.inject_at_random(30, Some(7));
    let client = Client::builder()
        .dev(true)
        .base_url(server.url())
        .timeout(Duration::from_millis(150))
        .max_request_events(100)
        .retry(
            RetryPolicy::default()
                .attempts(50)
                .max_delay(Duration::ZERO),
        )
        .build()
        .unwrap();
    let padding = "x".repeat(200);
    let events = (0..EVENTS).map(move |n| CartCleared {
        note: format!(
            "{} {n} {padding}",
            if is_rejected(n) { "bad" } else { "good" }
        ),
    });

    let mut sending = client.send_iter(events);
    let (mut accepted, mut rejected, mut at) = (0, 0, 0);
    while let Some(progress) = sending.next().await {
        assert_eq!(progress.first, at);
        match progress.result {
            Ok(receipts) => accepted += receipts.len(),
            Err(error) => {
                for (index, outcome) in error.outcomes().iter().enumerate() {
                    let Some(error) = outcome.error() else {
                        continue;
                    };
                    assert!(is_rejected(at + index), "{error}");
                    // After a failed request, the outcome is uncertain.
                    let last = match error {
                        SendError::InDoubt { last, .. } => last,
                        error => error,
                    };
                    let SendError::Refused { message } = last else {
                        panic!("{error}");
                    };
                    let name = format!("bad {} ", at + index);
                    assert!(message.starts_with(&name), "{message}");
                    rejected += 1;
                }
                accepted += error.accepted().count();
                assert_eq!(error.unknown().count(), error.into_unsent().len());
            }
        }
        at += progress.events;
    }
    let bad = (0..EVENTS).filter(|&n| is_rejected(n)).count();
    assert_eq!((at, accepted, rejected), (EVENTS, EVENTS - bad, bad));
    let runs = server.counts().runs;
    assert_eq!(runs, EVENTS - bad, "each good event runs exactly once");
}

/// Asserts that memory grew by less than `bytes` after the first measurements.
fn assert_bounded(memory: &[usize], bytes: usize) {
    if let (Some(early), Some(late)) = (memory.get(1), memory.last()) {
        let growth = late.saturating_sub(*early);
        assert!(growth < bytes, "{growth} bytes more: {memory:?}");
    }
}

/// A transport that stores nothing. It accepts the events of a request when `fails` answers `false`.
struct Sink<F>(F);

impl<F: Fn() -> bool + Send + Sync + 'static> Transport for Sink<F> {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        let result = if (self.0)() {
            Err(TransportError::other("connection reset"))
        } else {
            let events: Vec<&serde_json::value::RawValue> =
                serde_json::from_slice(request.body()).unwrap();
            let ids: Vec<String> = (0..events.len()).map(|n| format!("id-{n}")).collect();
            let answer = serde_json::json!({ "ids": ids, "status": 200 });
            Ok(Answer::new(200, answer.to_string()))
        };
        Box::pin(std::future::ready(result))
    }
}

/// Sends 200,000 events and asserts that the memory of this process stays the same. It uses no embedded
/// server, because that would add its own memory.
async fn stream_in_constant_memory(transport: impl Transport) {
    let _guard = ONE_AT_A_TIME.lock().await;
    let client = Client::builder()
        .event_key(KEY)
        .transport(transport)
        .retry(
            RetryPolicy::default()
                .attempts(50)
                .max_delay(Duration::ZERO),
        )
        .build()
        .unwrap();
    let padding = "x".repeat(200);
    let events = (0..200_000).map(move |n| CartCleared {
        note: format!("{n} {padding}"),
    });
    let mut sending = client.send_iter(events);
    let mut sent = 0;
    let mut memory = Vec::new();
    while let Some(progress) = sending.next().await {
        sent += progress.result.unwrap().len();
        if sent / 20_000 > memory.len() {
            memory.extend(resident_memory());
        }
    }
    assert_eq!(sent, 200_000);
    println!("resident after each 20,000 events: {memory:?}");
    assert_bounded(&memory, 2 << 20);
}

#[tokio::test]
async fn client_memory_does_not_grow_with_the_stream() {
    stream_in_constant_memory(Sink(|| false)).await;
}

/// Every third request fails and is sent again.
#[tokio::test]
async fn client_memory_does_not_grow_while_requests_fail() {
    let requests = AtomicUsize::new(0);
    stream_in_constant_memory(Sink(move || {
        requests.fetch_add(1, Ordering::Relaxed).is_multiple_of(3)
    }))
    .await;
}
