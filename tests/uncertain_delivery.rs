//! Ambiguous responses, and the outcomes that the client reports for them.

use std::time::Duration;

use inngest_core::middleware::{Middleware, Outgoing};
use inngest_core::transport::{Answer, TransportError};
use inngest_core::{Client, ClientBuilder, Outcome, RetryPolicy, SendError, blocking};
use support::{KEY, Script, items};

mod support;

fn client(script: &Script, attempts: u32) -> Client {
    builder(script, attempts).build().unwrap()
}

fn builder(script: &Script, attempts: u32) -> ClientBuilder {
    let policy = RetryPolicy::default()
        .attempts(attempts)
        .max_delay(Duration::ZERO);
    let builder = Client::builder().event_key(KEY).retry(policy);
    let builder = builder.max_request_events(3).concurrency(1);
    builder.transport(script.clone())
}

/// Each event has one outcome, even if the server's response is inconsistent.
#[tokio::test]
async fn rejection_with_too_many_ids_is_invalid() {
    for named in [3, 4] {
        let ids: Vec<_> = (0..named).map(|n| format!("id-{n}")).collect();
        let body = serde_json::json!({ "ids": ids, "status": 400, "error": "no" });
        let script = Script::new([Ok(Answer::new(400, body.to_string()))]);
        let error = client(&script, 1).send_many(items(6)).await.unwrap_err();
        assert_eq!(error.outcomes().len(), 6);
        let unknown: Vec<_> = error.unknown().map(|(index, _)| index).collect();
        assert_eq!(unknown, [0, 1, 2]);
        assert_eq!(error.accepted().count(), 3);
        assert_eq!(error.into_unsent().len(), 3);
    }
}

/// The server may have accepted the events before the rejected one, even if the response is unreadable.
#[tokio::test]
async fn unreadable_rejection_is_retried() {
    let cut = || Ok(Answer::new(400, r#"{"ids":["id-"#));
    let script = Script::new([cut()]);
    let receipts = client(&script, 2).send_many(items(2)).await.unwrap();
    assert_eq!(receipts.len(), 2);
    let requests = script.seeds_and_bodies();
    assert_eq!(requests[0], requests[1]);

    let script = Script::new([cut()]);
    let error = client(&script, 1).send_many(items(2)).await.unwrap_err();
    assert_eq!(error.unknown().count(), 2);
}

#[tokio::test]
async fn unknown_success_status_is_retried() {
    for status in [201, 202, 204, 206] {
        let script = Script::new([Ok(Answer::new(status, ""))]);
        let error = client(&script, 1).send_many(items(2)).await.unwrap_err();
        assert_eq!(error.unknown().count(), 2, "{status}");
        let script = Script::new([Ok(Answer::new(status, ""))]);
        client(&script, 2).send_many(items(2)).await.unwrap();
    }
}

struct FailingMiddleware;

impl Middleware for FailingMiddleware {
    fn before_send(
        &self,
        _: &mut Outgoing,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Err("not now".into())
    }
}

fn broken() -> Script {
    Script::new([Err(TransportError::other("connection reset"))])
}

#[tokio::test]
async fn uncertain_events_stay_unknown_after_a_local_failure() {
    let script = broken();
    let client = client(&script, 1);
    let error = client.send_many(items(2)).await.unwrap_err();
    let ids: Vec<_> = error.unknown().map(|(_, id)| id.clone()).collect();
    let mut unsent = error.into_unsent();
    unsent.push(support::item(9)).unwrap();

    let failing = Client::builder()
        .event_key(KEY)
        .middleware(FailingMiddleware);
    let failing = failing.transport(script).build().unwrap();
    let error = failing.send_batch(unsent).await.unwrap_err();
    let unknown: Vec<_> = error.unknown().map(|(_, id)| id.clone()).collect();
    assert_eq!(unknown, ids);
    let rejected: Vec<_> = error.rejected().map(|(index, _)| index).collect();
    assert_eq!(rejected, [2]);

    let builder = blocking::Client::builder().event_key(KEY);
    let error = builder.build().unwrap().send_batch(error.into_unsent());
    let error = error.unwrap_err();
    assert_eq!((error.unknown().count(), error.rejected().count()), (2, 1));
    assert!(matches!(
        &error.outcomes()[0],
        Outcome::Unknown { error, .. } if last_error_matches(error, |e| matches!(e, SendError::InsideRuntime))
    ));
    assert_eq!(
        client.send_batch(error.into_unsent()).await.unwrap().len(),
        3
    );
}

fn last_error_matches(error: &SendError, matches: fn(&SendError) -> bool) -> bool {
    matches!(error, SendError::InDoubt { last, .. } if matches(last))
}

/// The last error alone would suggest that the server received nothing.
#[tokio::test]
async fn error_mentions_an_earlier_uncertain_attempt() {
    let refused = || Err(TransportError::connect("connection refused"));
    let broken = || Err(TransportError::other("connection reset"));
    let wrong = || Ok(Answer::new(401, ""));
    for (last, text) in [
        (refused as fn() -> _, "no connection to https://inn.gs/e/; "),
        (wrong, "the server at https://inn.gs/e/ does not know"),
    ] {
        let script = || Script::new([broken(), last()]);
        let alone = client(&script(), 2).send(support::item(1)).await;
        let alone = alone.unwrap_err();
        let seen = builder(&script(), 2)
            .middleware(NoopMiddleware)
            .build()
            .unwrap();
        let seen = seen.send(support::item(1)).await.unwrap_err();
        let many = client(&script(), 2).send_many(items(1)).await.unwrap_err();
        let many = many.outcomes()[0].error().unwrap().clone();
        for error in [alone, seen, many] {
            assert!(error.may_have_been_accepted(), "{error}");
            let message = error.to_string();
            let earlier = "; the server may have the event from an earlier attempt: the \
                         connection to https://inn.gs/e/ broke before the response";
            assert!(
                message.starts_with(text) && message.contains(earlier),
                "{message}"
            );
        }

        // If no attempt reached the server, the outcome is certain.
        let script = Script::new([last(), last()]);
        let error = client(&script, 2).send(support::item(1)).await.unwrap_err();
        assert!(!error.may_have_been_accepted(), "{error}");
        // If the last attempt is itself uncertain, its error is returned as is.
        let script = Script::new([broken(), broken()]);
        let error = client(&script, 2).send(support::item(1)).await.unwrap_err();
        assert!(
            matches!(error, SendError::ConnectionBroke { .. }),
            "{error}"
        );
    }
}

/// The uncertain request belongs to an earlier call, but the error still mentions it.
#[tokio::test]
async fn error_mentions_an_earlier_uncertain_call() {
    let script = Script::new([
        Err(TransportError::other("connection reset")),
        Err(TransportError::connect("connection refused")),
    ]);
    let client = client(&script, 1);
    let error = client.send_many(items(1)).await.unwrap_err();
    let error = client.send_batch(error.into_unsent()).await.unwrap_err();
    let error = error.outcomes()[0].error().unwrap();
    assert!(last_error_matches(error, |e| matches!(
        e,
        SendError::NoConnection { .. }
    )));
    assert!(
        error.to_string().contains("broke before the response"),
        "{error}"
    );
}

struct NoopMiddleware;

impl Middleware for NoopMiddleware {}

/// A dev server that has answered before gets the full number of attempts.
#[tokio::test]
async fn known_dev_server_gets_all_attempts() {
    let refused = || Err(TransportError::connect("connection refused"));
    let busy = || Ok(Answer::new(503, ""));
    let script = Script::new([busy(), busy(), refused(), refused(), busy()]);
    let policy = RetryPolicy::default().max_delay(Duration::ZERO);
    let client = Client::builder().dev(true).retry(policy);
    let client = client.transport(script.clone()).build().unwrap();
    client.send(support::item(1)).await.unwrap();
    assert_eq!(script.seeds_and_bodies().len(), 6);
}

/// Polling a finished stream may panic.
#[tokio::test]
async fn finished_stream_is_not_polled_again() {
    let script = Script::default();
    let events =
        futures_util::stream::unfold(
            0,
            |n| async move { (n < 5).then(|| (support::item(n), n + 1)) },
        );
    let mut sending = client(&script, 1).send_stream(events);
    let mut sent = 0;
    while let Some(progress) = sending.next().await {
        sent += progress.result.unwrap().len();
    }
    assert_eq!(sent, 5);
    assert!(sending.next().await.is_none());
}

/// An event that does not fit into a request is the first event of the next request.
#[tokio::test]
async fn stream_fills_its_requests() {
    let script = Script::default();
    let builder = Client::builder().event_key(KEY).max_request_bytes(500);
    let client = builder.transport(script.clone()).build().unwrap();
    let mut sending = client.send_iter(items(100));
    let (mut next, mut requests) = (0, 0);
    while let Some(progress) = sending.next().await {
        assert_eq!(progress.first, next);
        next += progress.events;
        requests += 1;
        let receipts = progress.result.unwrap();
        let first = format!("item-imported-i{}", progress.first);
        assert_eq!(receipts[0].dedup_id.as_deref(), Some(&*first));
    }
    assert_eq!(next, 100);
    let sizes: Vec<_> = script
        .seeds_and_bodies()
        .iter()
        .map(|(_, body)| body.len())
        .collect();
    assert_eq!(sizes.len(), requests);
    let (_, full) = sizes.split_last().unwrap();
    assert!(
        full.iter().all(|size| (400..=500).contains(size)),
        "{sizes:?}"
    );
}
