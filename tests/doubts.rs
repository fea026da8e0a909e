//! Answers that say less than they seem to, and what is said of events then.

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

/// Each event has one outcome, whatever the server says.
#[tokio::test]
async fn a_refusal_that_names_all_events_is_no_answer() {
    for named in [3, 4] {
        let ids: Vec<_> = (0..named).map(|n| format!("id-{n}")).collect();
        let body = serde_json::json!({ "ids": ids, "status": 400, "error": "no" });
        let script = Script::new([Ok(Answer::new(400, body.to_string()))]);
        let error = client(&script, 1).send_many(items(6)).await.unwrap_err();
        assert_eq!(error.outcomes().len(), 6);
        let unknown: Vec<_> = error.unknown().map(|(place, _)| place).collect();
        assert_eq!(unknown, [0, 1, 2]);
        assert_eq!(error.accepted().count(), 3);
        assert_eq!(error.into_unsent().len(), 3);
    }
}

/// Events before the one that was refused may be taken, although the answer cannot be read.
#[tokio::test]
async fn a_refusal_that_cannot_be_read_is_asked_for_again() {
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
async fn a_success_that_is_not_the_event_apis_is_asked_for_again() {
    for status in [201, 202, 204, 206] {
        let script = Script::new([Ok(Answer::new(status, ""))]);
        let error = client(&script, 1).send_many(items(2)).await.unwrap_err();
        assert_eq!(error.unknown().count(), 2, "{status}");
        let script = Script::new([Ok(Answer::new(status, ""))]);
        client(&script, 2).send_many(items(2)).await.unwrap();
    }
}

struct Fails;

impl Middleware for Fails {
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
async fn what_may_have_arrived_stays_unknown_when_sending_it_again_fails_at_once() {
    let script = broken();
    let client = client(&script, 1);
    let error = client.send_many(items(2)).await.unwrap_err();
    let ids: Vec<_> = error.unknown().map(|(_, id)| id.clone()).collect();
    let mut unsent = error.into_unsent();
    unsent.push(support::item(9)).unwrap();

    let failing = Client::builder().event_key(KEY).middleware(Fails);
    let failing = failing.transport(script).build().unwrap();
    let error = failing.send_batch(unsent).await.unwrap_err();
    let unknown: Vec<_> = error.unknown().map(|(_, id)| id.clone()).collect();
    assert_eq!(unknown, ids);
    let rejected: Vec<_> = error.rejected().map(|(place, _)| place).collect();
    assert_eq!(rejected, [2]);

    let builder = blocking::Client::builder().event_key(KEY);
    let error = builder.build().unwrap().send_batch(error.into_unsent());
    let error = error.unwrap_err();
    assert_eq!((error.unknown().count(), error.rejected().count()), (2, 1));
    assert!(matches!(
        &error.outcomes()[0],
        Outcome::Unknown { error, .. } if last_is(error, |e| matches!(e, SendError::InsideRuntime))
    ));
    assert_eq!(
        client.send_batch(error.into_unsent()).await.unwrap().len(),
        3
    );
}

fn last_is(error: &SendError, is: fn(&SendError) -> bool) -> bool {
    matches!(error, SendError::InDoubt { last, .. } if is(last))
}

/// The last error alone would say that nothing was sent.
#[tokio::test]
async fn an_error_says_that_an_earlier_try_may_have_brought_the_event() {
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
        let seen = builder(&script(), 2).middleware(Sees).build().unwrap();
        let seen = seen.send(support::item(1)).await.unwrap_err();
        let many = client(&script(), 2).send_many(items(1)).await.unwrap_err();
        let many = many.outcomes()[0].error().unwrap().clone();
        for error in [alone, seen, many] {
            assert!(error.may_have_been_accepted(), "{error}");
            let said = error.to_string();
            let doubt = "; the server may have the event from an earlier attempt: the \
                         connection to https://inn.gs/e/ broke before the response";
            assert!(said.starts_with(text) && said.contains(doubt), "{said}");
        }

        // When all that was tried failed alike, there is no doubt.
        let script = Script::new([last(), last()]);
        let error = client(&script, 2).send(support::item(1)).await.unwrap_err();
        assert!(!error.may_have_been_accepted(), "{error}");
        // When the last error leaves the doubt, it says so itself.
        let script = Script::new([broken(), broken()]);
        let error = client(&script, 2).send(support::item(1)).await.unwrap_err();
        assert!(
            matches!(error, SendError::ConnectionBroke { .. }),
            "{error}"
        );
    }
}

/// The request that left the doubt is of another call, and is named all the same.
#[tokio::test]
async fn an_error_names_the_doubt_of_the_call_before() {
    let script = Script::new([
        Err(TransportError::other("connection reset")),
        Err(TransportError::connect("connection refused")),
    ]);
    let client = client(&script, 1);
    let error = client.send_many(items(1)).await.unwrap_err();
    let error = client.send_batch(error.into_unsent()).await.unwrap_err();
    let error = error.outcomes()[0].error().unwrap();
    assert!(last_is(error, |e| matches!(
        e,
        SendError::NoConnection { .. }
    )));
    assert!(
        error.to_string().contains("broke before the response"),
        "{error}"
    );
}

struct Sees;

impl Middleware for Sees {}

/// A server that answered before is there, and is waited for as long as any.
#[tokio::test]
async fn a_dev_server_that_was_there_is_not_soon_given_up() {
    let refused = || Err(TransportError::connect("connection refused"));
    let busy = || Ok(Answer::new(503, ""));
    let script = Script::new([busy(), busy(), refused(), refused(), busy()]);
    let policy = RetryPolicy::default().max_delay(Duration::ZERO);
    let client = Client::builder().dev(true).retry(policy);
    let client = client.transport(script.clone()).build().unwrap();
    client.send(support::item(1)).await.unwrap();
    assert_eq!(script.seeds_and_bodies().len(), 6);
}

/// A stream need not bear being asked after its end.
#[tokio::test]
async fn a_stream_is_not_asked_after_its_end() {
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

/// The event that is too much for one request is the first of the next.
#[tokio::test]
async fn a_stream_fills_its_requests() {
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
