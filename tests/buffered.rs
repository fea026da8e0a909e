//! Tests the buffered sender.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use inngest_core::testing::{EventServer, Fault, Recorder};
use inngest_core::transport::{Answer, Request, Transport, TransportFuture};
use inngest_core::{Buffered, Client, PayloadErrorKind, RetryPolicy, SendError};
use support::{Script, item};

mod support;

const HOUR: Duration = Duration::from_secs(3_600);

fn server() -> (EventServer, Client) {
    let server = EventServer::start().unwrap();
    let builder = Client::builder().dev(true).base_url(server.url());
    let client = builder.retry(RetryPolicy::none()).build().unwrap();
    (server, client)
}

async fn send(sender: &Buffered, n: usize) {
    drop(sender.send(item(n)).await.unwrap());
}

#[tokio::test]
async fn separate_sends_share_requests() {
    let (server, client) = server();
    let sender = client
        .buffered()
        .max_events(3)
        .linger(HOUR)
        .start()
        .unwrap();
    let mut pending = Vec::new();
    for n in 0..6 {
        pending.push(sender.send(item(n)).await.unwrap());
    }
    for (n, pending) in pending.into_iter().enumerate() {
        let receipt = pending.await.unwrap();
        assert_eq!(receipt.dedup_id.unwrap(), format!("item-imported-i{n}"));
    }
    let counts: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.events)
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), 6);
    assert!(counts.len() <= 2, "{counts:?}");
}

#[tokio::test]
async fn full_byte_limit_triggers_a_request() {
    let (server, client) = server();
    let sender = client
        .buffered()
        .max_bytes(300)
        .linger(HOUR)
        .start()
        .unwrap();
    let first = sender.send(item(1)).await.unwrap();
    send(&sender, 2).await;
    send(&sender, 3).await;
    first.await.unwrap();
    assert!(!server.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn linger_limits_how_long_events_wait() {
    let script = Script::default();
    let sender = script
        .client()
        .buffered()
        .max_events(10)
        .linger(Duration::from_secs(5))
        .start()
        .unwrap();
    let started = tokio::time::Instant::now();
    let pending = sender.send(item(1)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    send(&sender, 2).await;
    pending.await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 5);
    assert_eq!(
        script.seeds_and_bodies().len(),
        1,
        "both events share a request"
    );
}

#[tokio::test]
async fn flush_waits_for_all_buffered_events() {
    let (server, client) = server();
    let sender = client.buffered().linger(HOUR).start().unwrap();
    for n in 0..10 {
        send(&sender, n).await;
    }
    sender.flush().await;
    assert_eq!(server.events().len(), 10);
    sender.flush().await;
}

/// Answers the first request when notified, and later requests at once.
#[derive(Clone, Default)]
struct HoldFirst(Arc<tokio::sync::Notify>, Arc<AtomicUsize>, Recorder);

impl Transport for HoldFirst {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        let number = self.1.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            if number == 0 {
                self.0.notified().await;
            }
            self.2.post(request).await
        })
    }
}

#[tokio::test]
async fn flush_waits_for_earlier_events_not_a_count() {
    let transport = HoldFirst::default();
    let client = Client::builder()
        .event_key("k")
        .transport(transport.clone());
    let sender = client.build().unwrap().buffered();
    let sender = sender.linger(Duration::ZERO).start().unwrap();
    let first = sender.send(item(1)).await.unwrap();
    while transport.1.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    let mut flush = std::pin::pin!(sender.flush());
    assert!(flush.as_mut().now_or_never().is_none());
    sender.send(item(2)).await.unwrap().await.unwrap();
    let flushed = flush.as_mut().now_or_never();
    assert!(flushed.is_none(), "the first request is still in flight");
    transport.0.notify_one();
    flush.await;
    assert!(matches!(first.now_or_never(), Some(Ok(_))));
    assert_eq!(transport.2.events().len(), 2);
}

/// Answers one request for each permit.
#[derive(Clone)]
struct HoldAll(Arc<tokio::sync::Semaphore>, Recorder, Arc<AtomicUsize>);

impl Transport for HoldAll {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        self.2.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            self.0.acquire().await.unwrap().forget();
            self.1.post(request).await
        })
    }
}

fn held_client() -> (HoldAll, Client) {
    let held = HoldAll(
        Arc::new(tokio::sync::Semaphore::new(0)),
        Recorder::default(),
        Arc::default(),
    );
    let builder = Client::builder()
        .event_key("k")
        .transport(held.clone())
        .concurrency(1);
    (held, builder.build().unwrap())
}

#[tokio::test]
async fn flush_waits_for_queued_events() {
    let (held, client) = held_client();
    let sender = client.buffered().linger(Duration::ZERO).start().unwrap();
    let first = sender.send(item(1)).await.unwrap();
    while held.2.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    let second = sender.send(item(2)).await.unwrap();
    let mut flush = std::pin::pin!(sender.flush());
    assert!(flush.as_mut().now_or_never().is_none());
    held.0.add_permits(1);
    first.await.unwrap();
    let flushed = flush.as_mut().now_or_never();
    assert!(flushed.is_none(), "the second event has no outcome yet");
    held.0.add_permits(1);
    flush.await;
    assert!(matches!(second.now_or_never(), Some(Ok(_))));
}

#[tokio::test]
async fn full_buffer_blocks_send_and_fails_try_send() {
    let (held, client) = held_client();
    let sender = client
        .buffered()
        .capacity(2)
        .linger(Duration::ZERO)
        .start()
        .unwrap();
    send(&sender, 1).await;
    send(&sender, 2).await;
    assert!(matches!(
        sender.try_send(item(3)),
        Err(SendError::BufferFull)
    ));
    let waiting = sender.clone();
    let waiting = tokio::spawn(async move { waiting.send(item(3)).await.unwrap().await });
    held.0.add_permits(3);
    waiting.await.unwrap().unwrap();
    assert_eq!(held.1.events().len(), 3);
}

/// Buffered events must not linger for more events while those events wait for capacity.
#[tokio::test(start_paused = true)]
async fn full_buffer_is_sent_without_lingering() {
    let script = Script::default();
    let client = Client::builder().event_key("k").transport(script.clone());
    let sender = client.build().unwrap().buffered();
    let sender = sender.capacity(10).linger(HOUR).start().unwrap();
    let sending = async {
        for n in 0..25 {
            send(&sender, n).await;
        }
    };
    let sent = tokio::time::timeout(Duration::from_secs(60), sending).await;
    sent.expect("the buffer has capacity again");
    sender.flush().await;
    let requests = script.seeds_and_bodies();
    let events = requests
        .iter()
        .map(|(_, body)| body.matches("item_id").count());
    assert_eq!(events.collect::<Vec<_>>(), [10, 10, 5]);
}

#[tokio::test]
async fn invalid_events_are_rejected_immediately() {
    let (_server, client) = server();
    let sender = client.buffered().start().unwrap();
    let mut bad = item(1);
    bad.quantity = u64::MAX;
    let error = sender.send(&bad).await.unwrap_err();
    let SendError::Payload(error) = error else {
        panic!("{error}")
    };
    assert!(matches!(
        error.kind(),
        PayloadErrorKind::IntegerOutOfRange { .. }
    ));
}

#[tokio::test]
async fn failures_reach_the_handle_and_the_hook() {
    let (server, client) = server();
    server.inject(Fault::status(503));
    let failures = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&failures);
    let sender = client.buffered().linger(HOUR);
    let sender = sender.on_failure(move |failure| hook.lock().unwrap().push(failure));
    let sender = sender.start().unwrap();
    let pending = sender.send(item(1)).await.unwrap();
    send(&sender, 2).await;
    sender.flush().await;
    let error = pending.await.unwrap_err();
    assert!(matches!(
        error,
        SendError::UnexpectedStatus { status: 503, .. }
    ));
    let failure = failures.lock().unwrap().pop().unwrap();
    assert_eq!((failure.outcomes.len(), failure.unsent.len()), (2, 2));
    client.send_batch(failure.unsent).await.unwrap();
    let report = sender.shutdown(HOUR).await;
    assert_eq!(
        (report.delivered, report.failed, report.unsent.len()),
        (0, 2, 0)
    );
}

#[tokio::test]
async fn shutdown_sends_buffered_events() {
    let (server, client) = server();
    let sender = client.buffered().linger(HOUR).start().unwrap();
    for n in 0..5 {
        send(&sender, n).await;
    }
    let other = sender.clone();
    let report = sender.shutdown(HOUR).await;
    assert_eq!(
        (report.delivered, report.failed, report.unsent.len()),
        (5, 0, 0)
    );
    assert_eq!(server.events().len(), 5);
    assert!(matches!(
        other.send(item(9)).await,
        Err(SendError::SenderClosed)
    ));
}

#[tokio::test(start_paused = true)]
async fn shutdown_returns_unsent_events_after_its_timeout() {
    let (held, client) = held_client();
    let sender = client
        .buffered()
        .max_events(2)
        .linger(HOUR)
        .start()
        .unwrap();
    let mut pending = Vec::new();
    for n in 0..5 {
        pending.push(sender.send(item(n)).await.unwrap());
    }
    let report = sender.shutdown(Duration::from_secs(5)).await;
    assert_eq!(
        (report.delivered, report.failed, report.unsent.len()),
        (0, 0, 5)
    );
    // One request with all events was in flight.
    for pending in pending {
        let error = pending.await.unwrap_err();
        let SendError::InDoubt { last, .. } = &error else {
            panic!("{error}");
        };
        assert!(matches!(**last, SendError::SenderClosed));
    }
    held.0.add_permits(100);
    client.send_batch(report.unsent).await.unwrap();
    assert_eq!(held.1.runs().len(), 5);
}

#[tokio::test]
async fn dropped_sender_sends_nothing() {
    let (held, client) = held_client();
    let sender = client.buffered().linger(HOUR).start().unwrap();
    let pending = sender.send(item(1)).await.unwrap();
    drop(sender);
    assert!(matches!(pending.await, Err(SendError::SenderClosed)));
    assert!(held.1.events().is_empty());
}

#[test]
fn start_without_a_runtime_is_an_error() {
    struct Never;
    impl Transport for Never {
        fn post(&self, _: Request) -> TransportFuture<'_> {
            Box::pin(std::future::ready(Ok(Answer::new(500, ""))))
        }
    }
    let client = Client::builder()
        .event_key("k")
        .transport(Never)
        .build()
        .unwrap();
    assert!(matches!(
        client.buffered().start(),
        Err(SendError::NoRuntime)
    ));
}
