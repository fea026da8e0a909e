//! A hundred thousand events, a server that fails on purpose, and memory that does not grow.

use std::time::Duration;

use inngest_core::testing::EventServer;
use inngest_core::transport::{Answer, Request, Transport, TransportFuture};
use inngest_core::{Client, RetryPolicy, SendError};
use support::{CartCleared, KEY};

mod support;

/// One test at a time: what the other holds would be measured too.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The memory of this process that is in RAM, in bytes; `None` where the system does not say.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes << 10)
}

/// The server of the measure of success: it refuses one event in 37, and 30% of its requests go
/// wrong in every way that it knows.
#[tokio::test]
async fn a_hundred_thousand_events_are_all_accounted_for_in_bounded_memory() {
    const EVENTS: usize = 100_000;
    let _alone = ALONE.lock().await;

    let server = EventServer::builder().keep_events(10_000).start().unwrap();
    let refused = |n: usize| n % 37 == 36;
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
        note: format!("{} {n} {padding}", if refused(n) { "bad" } else { "good" }),
    });

    let mut progress = client.send_iter(events);
    let (mut accepted, mut rejected, mut at) = (0, 0, 0);
    let mut memory = Vec::new();
    while let Some(some) = progress.next().await {
        assert_eq!(some.first, at);
        match some.result {
            Ok(receipts) => accepted += receipts.len(),
            Err(error) => {
                for (place, outcome) in error.outcomes().iter().enumerate() {
                    let Some(error) = outcome.error() else {
                        continue;
                    };
                    assert!(refused(at + place), "{error}");
                    // It may have been taken where a request before went wrong.
                    let last = match error {
                        SendError::InDoubt { last, .. } => last,
                        error => error,
                    };
                    let SendError::Refused { message } = last else {
                        panic!("{error}");
                    };
                    let name = format!("bad {} ", at + place);
                    assert!(message.starts_with(&name), "{message}");
                    rejected += 1;
                }
                accepted += error.accepted().count();
                assert_eq!(error.unknown().count(), error.into_unsent().len());
            }
        }
        at += some.events;
        if at % 10_000 == 0 {
            memory.extend(resident());
        }
    }
    let bad = (0..EVENTS).filter(|&n| refused(n)).count();
    assert_eq!((at, accepted, rejected), (EVENTS, EVENTS - bad, bad));
    let runs = server.counts().runs;
    assert_eq!(runs, EVENTS - bad, "each good event runs, and none twice");

    // The embedded server is in this process too, and keeps 10,000 requests: about 10 MB. All the
    // events together with their receipts are 40 MB.
    println!("resident after each 10,000 events: {memory:?}");
    assert_bounded(&memory, 14 << 20);
}

/// That memory after the first steps grew by less than this.
fn assert_bounded(memory: &[usize], bytes: usize) {
    if let (Some(early), Some(late)) = (memory.get(1), memory.last()) {
        let growth = late.saturating_sub(*early);
        assert!(growth < bytes, "{growth} bytes more: {memory:?}");
    }
}

/// Takes all events and keeps none.
struct TakesAll;

impl Transport for TakesAll {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        let events: Vec<&serde_json::value::RawValue> =
            serde_json::from_slice(request.body()).unwrap();
        let ids: Vec<String> = (0..events.len()).map(|n| format!("id-{n}")).collect();
        let answer = serde_json::json!({ "ids": ids, "status": 200 });
        let answer = Answer::new(200, answer.to_string());
        Box::pin(std::future::ready(Ok(answer)))
    }
}

#[tokio::test]
async fn the_client_holds_no_more_of_many_events_than_of_few() {
    let _alone = ALONE.lock().await;
    let client = Client::builder()
        .event_key(KEY)
        .transport(TakesAll)
        .build()
        .unwrap();
    let padding = "x".repeat(200);
    let events = (0..200_000).map(move |n| CartCleared {
        note: format!("{n} {padding}"),
    });
    let mut progress = client.send_iter(events);
    let mut sent = 0;
    let mut memory = Vec::new();
    while let Some(some) = progress.next().await {
        sent += some.result.unwrap().len();
        if sent / 20_000 > memory.len() {
            memory.extend(resident());
        }
    }
    assert_eq!(sent, 200_000);
    println!("resident after each 20,000 events: {memory:?}");
    assert_bounded(&memory, 2 << 20);
}
