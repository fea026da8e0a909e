//! The client's reaction to errors of the server and the transport.

use std::collections::HashMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use inngest_core::testing::{EventServer, Fault};
use inngest_core::transport::{Answer, Request, Transport, TransportError, TransportFuture};
use inngest_core::{Batch, Client, Outcome, RetryPolicy, SendError};
use serde_json::json;
use support::{CartCleared, KEY, Script, dedup_ids, item, items};

#[path = "faults/refusals.rs"]
mod refusals;
mod support;

/// Truncates the list of accepted ids in responses that reject an event.
#[derive(Clone)]
struct TruncateIds {
    client: reqwest::Client,
    max_ids: usize,
}

impl Transport for TruncateIds {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        Box::pin(async move {
            let url = request.uri().to_string();
            let headers = request.headers().clone();
            let body = request.body().clone();
            let sent = self
                .client
                .post(url)
                .headers(headers)
                .body(body)
                .send()
                .await;
            let response = sent.map_err(TransportError::other)?;
            let status = response.status().as_u16();
            let body = response.bytes().await.map_err(TransportError::other)?;
            let mut body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            if status == 400 {
                body["ids"].as_array_mut().unwrap().truncate(self.max_ids);
            }
            Ok(Answer::new(status, body.to_string()))
        })
    }
}

#[tokio::test]
async fn unknown_key_error_suggests_a_fix() {
    let server = EventServer::builder().event_key("another").start().unwrap();
    let client = Client::builder()
        .event_key(KEY)
        .base_url(server.url())
        .build()
        .unwrap();
    let error = client.send(item(1)).await.unwrap_err();
    assert!(matches!(error, SendError::UnknownEventKey { .. }));
    assert!(
        error
            .to_string()
            .contains("Event key not found; check INNGEST_EVENT_KEY")
    );
    let error = client.send_many(items(2)).await.unwrap_err();
    assert_eq!(error.rejected().count(), 2);
    assert_eq!(error.into_unsent().len(), 2);
    assert!(server.events().is_empty());
}

#[tokio::test]
async fn event_key_never_appears_in_text() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let builder = Client::builder().event_key(KEY).base_url(&url);
    let builder = builder.retry(RetryPolicy::none());
    let mut texts = vec![format!("{builder:?}")];
    let client = builder.clone().build().unwrap();
    texts.push(format!("{client:?}"));
    let error = client.send(item(1)).await.unwrap_err();
    assert!(matches!(&error, SendError::NoConnection { source, .. } if source.is_connect()));
    texts.push(format!("{error} {error:?}"));
    let through_reqwest = builder.http_client(reqwest::Client::new()).build().unwrap();
    let error = through_reqwest.send(item(1)).await.unwrap_err();
    assert!(matches!(&error, SendError::NoConnection { source, .. } if source.is_connect()));
    texts.push(format!("{error} {error:?}"));
    let error = client.send_many(items(2)).await.unwrap_err();
    texts.push(format!("{error} {error:?}"));
    let script = Script::new([Ok(Answer::new(500, ""))]);
    let error = script.client().send(item(1)).await.unwrap_err();
    texts.push(format!(
        "{error} {error:?} {:?}",
        script.requests.lock().unwrap()
    ));
    for text in texts {
        assert!(!text.contains(KEY), "{text}");
    }
}

#[tokio::test]
async fn missing_dev_server_is_mentioned_in_the_error() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let client = Client::builder().dev(true).base_url(&url);
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    let error = client.send(item(1)).await.unwrap_err().to_string();
    let expected = format!("no connection to the dev server at {url}/e/; start it with");
    assert!(error.starts_with(&expected), "{error}");
}

#[tokio::test]
async fn too_large_request_is_halved() {
    let server = EventServer::start().unwrap();
    server.inject(Fault::too_large(600));
    let client = server.client().unwrap();
    let mut all = items(40);
    all[11].item_id = "x".repeat(700);
    let error = client.send_many(&all).await.unwrap_err();
    let rejected: Vec<_> = error.rejected().collect();
    assert!(matches!(
        rejected[..],
        [(11, SendError::RequestTooLarge { .. })]
    ));
    assert_eq!((error.accepted().count(), server.runs().len()), (39, 39));
    assert!(error.into_unsent().is_empty());
}

/// Events without deduplication ids. Only the seed of the request prevents duplicate runs.
fn notes(notes: &[&str]) -> Vec<CartCleared> {
    let event = |note: &&str| CartCleared {
        note: (*note).to_owned(),
    };
    notes.iter().map(event).collect()
}

/// Makes the server reject the event with this note whenever `is_rejected` returns true for the number
/// of times that the server has seen the event before.
fn reject_when(server: &EventServer, note: &'static str, is_rejected: fn(usize) -> bool) {
    let seen = AtomicUsize::new(0);
    server.refuse(move |event| {
        let matches = event.data["note"] == note;
        (matches && is_rejected(seen.fetch_add(1, Ordering::Relaxed))).then(|| format!("no {note}"))
    });
}

fn retrying_client(server: &EventServer) -> Client {
    let policy = RetryPolicy::default().max_delay(Duration::ZERO);
    let builder = Client::builder().dev(true).base_url(server.url());
    builder.retry(policy).build().unwrap()
}

fn sorted_runs(server: &EventServer) -> Vec<String> {
    let runs = server.runs().into_iter();
    let mut notes: Vec<_> = runs
        .map(|event| event.data["note"].as_str().unwrap().to_owned())
        .collect();
    notes.sort();
    notes
}

/// The first response rejects `d` without listing `c`, which was accepted. The retry rejects `c`.
#[tokio::test]
async fn event_possibly_accepted_before_is_not_rejected() {
    let server = EventServer::start().unwrap();
    let seen = Mutex::new(HashMap::<String, usize>::new());
    server.refuse(move |event| {
        let note = event.data["note"].as_str().unwrap().to_owned();
        let mut seen = seen.lock().unwrap();
        let before = seen.entry(note.clone()).or_default();
        *before += 1;
        let refused = (note == "d" && *before == 1) || (note == "c" && *before > 1);
        refused.then(|| format!("no {note}"))
    });
    let truncating = TruncateIds {
        client: reqwest::Client::new(),
        max_ids: 2,
    };
    let client = Client::builder().event_key(KEY).base_url(server.url());
    let client = client.transport(truncating).build().unwrap();
    let all = ["a", "b", "c", "d", "e"];
    let error = client.send_many(notes(&all)).await.unwrap_err();
    let unknown: Vec<_> = error.unknown().map(|(index, _)| index).collect();
    assert_eq!((unknown, error.accepted().count()), (vec![2], 4));
    assert_eq!(sorted_runs(&server), all);
}

#[tokio::test]
async fn uncertain_events_are_unknown_and_resent_unchanged() {
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
    let error = client.send_many(items(13)).await.unwrap_err();
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
    assert_eq!(ids[..6], unknown[..6], "the ids from the first error");
    let expected: Vec<_> = (0..12).map(|n| format!("item-imported-i{n}")).collect();
    assert_eq!(dedup_ids(&receipts), expected);
}

#[tokio::test(start_paused = true)]
async fn unanswered_request_times_out() {
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
    let error = client.build().unwrap().send(item(1)).await.unwrap_err();
    assert!(matches!(error, SendError::Timeout { .. }));
    assert_eq!(started.elapsed(), timeout);
}

#[tokio::test(start_paused = true)]
async fn retries_repeat_the_same_request() {
    let faults = [
        Ok(Answer::new(503, "")),
        Err(TransportError::other("connection reset")),
        Ok(Answer::new(200, "<html></html>")),
        Ok(Answer::new(429, "")),
    ];
    let script = Script::new(faults);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let receipt = client.build().unwrap().send(item(1)).await.unwrap();
    let requests = script.seeds_and_bodies();
    assert_eq!(requests.len(), 5);
    assert!(requests.iter().all(|request| *request == requests[0]));
    assert_eq!(script.recorder.events()[0].event_id, receipt.event_id);
}

#[tokio::test(start_paused = true)]
async fn retry_after_header_is_respected() {
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
    client.build().unwrap().send(item(1)).await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn temporary_errors_are_retried() {
    for status in [408, 425, 429, 500, 503] {
        let script = Script::new([Ok(Answer::new(status, "{}"))]);
        let client = Client::builder().event_key(KEY).transport(script.clone());
        client.build().unwrap().send(item(1)).await.unwrap();
        assert_eq!(script.seeds_and_bodies().len(), 2, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn permanent_errors_are_not_retried() {
    for status in [400, 401, 403, 404, 413] {
        let script = Script::new([Ok(Answer::new(status, "{}"))]);
        let client = Client::builder().event_key(KEY).transport(script.clone());
        client.build().unwrap().send(item(1)).await.unwrap_err();
        assert_eq!(script.seeds_and_bodies().len(), 1, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn earlier_uncertain_attempt_makes_the_outcome_unknown() {
    let refused = || Err(TransportError::connect("connection refused"));
    let script = Script::new([Err(TransportError::other("connection reset")), refused()]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let client = client
        .retry(RetryPolicy::default().attempts(2))
        .build()
        .unwrap();
    let error = client.send_many(items(1)).await.unwrap_err();
    assert!(matches!(error.outcomes(), [Outcome::Unknown { .. }]));
    let script = Script::new([refused(), refused()]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let client = client
        .retry(RetryPolicy::default().attempts(2))
        .build()
        .unwrap();
    let error = client.send_many(items(1)).await.unwrap_err();
    assert!(matches!(error.outcomes(), [Outcome::Rejected(_)]));
}

#[tokio::test(start_paused = true)]
async fn missing_dev_server_gets_few_attempts() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let refused = || TransportError::connect("connection refused");
    let script = Script::new((0..20).map(|_| Err(refused())));
    let builder = Client::builder().transport(script.clone());
    let dev = builder.clone().dev(true).base_url(&url).build().unwrap();
    dev.send(item(1)).await.unwrap_err();
    assert_eq!(script.requests.lock().unwrap().len(), 3);
    let cloud = builder.event_key(KEY).build().unwrap();
    cloud.send(item(1)).await.unwrap_err();
    assert_eq!(script.requests.lock().unwrap().len(), 3 + 12);
}

/// If the program has no free file descriptors, the dev server may still be running.
#[tokio::test(start_paused = true)]
async fn local_connect_error_is_not_a_missing_dev_server() {
    const TOO_MANY_OPEN_FILES: i32 = 24;
    let failed = || TransportError::connect(io::Error::from_raw_os_error(TOO_MANY_OPEN_FILES));
    let script = Script::new((0..20).map(|_| Err(failed())));
    let client = Client::builder().dev(true).transport(script.clone());
    let client = client.build().unwrap();
    let error = client.send(item(1)).await.unwrap_err();
    assert!(matches!(error, SendError::NoConnection { .. }), "{error}");
    assert_eq!(script.requests.lock().unwrap().len(), 12);
}

/// The server may or may not have the events of a dropped future, but the client stays usable.
#[tokio::test]
async fn client_works_after_a_dropped_future() {
    let server = EventServer::start().unwrap();
    // The server accepts the events but answers after every timeout.
    server.inject(Fault::late(Duration::from_secs(3600)).after_taking());
    let builder = Client::builder().dev(true).base_url(server.url());
    let client = builder
        .concurrency(1)
        .max_request_events(2)
        .build()
        .unwrap();
    let sending = tokio::spawn(client.send_many(items(4)));
    while server.events().len() < 2 {
        tokio::task::yield_now().await;
    }
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled());
    let receipts = client.send_many(items(4)).await.unwrap();
    assert_eq!(receipts.len(), 4);
    // The server received the first two events twice. Their ids prevent a second run.
    assert_eq!((server.events().len(), server.runs().len()), (6, 4));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let script = Script::new([Ok(Answer::new(303, ""))]);
    let error = script.client().send(item(1)).await.unwrap_err();
    assert!(matches!(error, SendError::WrongUrl { status: 303, .. }));
    assert_eq!(script.seeds_and_bodies().len(), 1);
}

/// The first attempt is uncertain, and then one event alone is too large.
#[tokio::test(start_paused = true)]
async fn too_large_uncertain_event_does_not_block_other_events() {
    let script = Script::new([
        Ok(Answer::new(503, "")),
        Ok(Answer::new(413, "")),
        Ok(Answer::new(413, "")),
    ]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let error = client.build().unwrap().send_many(items(2)).await;
    let error = error.unwrap_err();
    assert_eq!(
        error.unknown().map(|(index, _)| index).collect::<Vec<_>>(),
        [0]
    );
    assert_eq!(
        (error.accepted().count(), error.into_unsent().len()),
        (1, 1)
    );
}

#[tokio::test]
async fn uncertain_events_stay_unknown_when_resent() {
    let script = Script::new([
        Err(TransportError::other("connection reset")),
        Err(TransportError::connect("connection refused")),
        Ok(Answer::new(413, "")),
    ]);
    let client = Client::builder().event_key(KEY).transport(script.clone());
    let client = client.retry(RetryPolicy::none()).build().unwrap();
    let error = client.send_many(items(2)).await.unwrap_err();
    let unknown: Vec<_> = error.unknown().map(|(_, id)| id.clone()).collect();
    let error = client.send_batch(error.into_unsent()).await.unwrap_err();
    let still: Vec<_> = error.unknown().map(|(_, id)| id.clone()).collect();
    assert_eq!(still, unknown, "the first request may have arrived");
    // The halves of the request keep their event ids.
    let receipts = client.send_batch(error.into_unsent()).await.unwrap();
    let ids: Vec<_> = receipts
        .into_iter()
        .map(|receipt| receipt.event_id)
        .collect();
    assert_eq!(ids, unknown);
    let requests = script.seeds_and_bodies();
    assert!(requests.len() == 5 && requests[..3].iter().all(|request| *request == requests[0]));
}
