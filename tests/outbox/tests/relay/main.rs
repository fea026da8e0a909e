//! Relays on real databases, with the embedded server.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use inngest_core::middleware::{Middleware, Outgoing};
use inngest_core::testing::{EventServer, Fault};
use inngest_core::transport::{Request, Transport, TransportError, TransportFuture};
use inngest_core::{Client, RetryPolicy};
use inngest_outbox::{Outbox, Relay};
use outbox_tests::eventually;
use support::{
    Pool, Running, TestOutbox, assert_ran_once, client, client_builder, closed_port, event, events,
    ran,
};

#[path = "../support/mod.rs"]
mod support;

/// The shortest lease.
const LEASE: Duration = Duration::from_secs(1);

const MINUTE: Duration = Duration::from_mins(1);

/// Runs tests on each database.
macro_rules! on_each_database {
    ($($test:ident,)*) => {
        mod postgres {
            $(
                #[tokio::test]
                #[cfg_attr(not(postgres), ignore = "Postgres is not available")]
                async fn $test() {
                    super::$test(super::TestOutbox::postgres().await).await;
                }
            )*
        }

        mod sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(super::TestOutbox::sqlite().await).await;
                }
            )*
        }
    };
}

mod requests;

on_each_database! {
    only_committed_events_are_sent,
    refused_events_fail_and_the_rest_is_sent,
    events_over_the_limit_fail_and_the_rest_is_sent,
    an_outage_of_the_server_loses_no_event,
    many_requests_that_fail_at_once_are_retried,
    delivered_events_are_kept_and_pruned,
    the_traceparent_of_a_row_is_sent,
    outboxes_in_one_database_do_not_mix,
    middleware_runs_in_the_relay,
    rows_fail_while_middleware_adds_events,
    events_of_a_transaction_keep_their_order,
    a_panic_in_one_request_stops_no_other,
    extreme_settings_do_not_stop_a_relay,
    a_request_that_cannot_be_read_counts_as_one_event,
    wake_ends_a_long_wait,
}

/// Runs a relay until the server has the events, and crashes it before it gets the answer.
async fn send_and_crash(test: &TestOutbox, server: &EventServer, relay: &Relay, events: usize) {
    server.inject(Fault::late(MINUTE * 60).always());
    let relay = Running::new(relay);
    eventually("the server has the events", async || {
        server.counts().events == events
    })
    .await;
    relay.crash().await;
    server.clear_faults();
    assert_ne!(test.counts().await[1], 0);
}

async fn only_committed_events_are_sent(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    let relay = Running::new(&test.relay(client(&server)));
    for n in 0..10 {
        test.add(&events(n * 10..n * 10 + 5)).await;
        test.add_and_roll_back(&events(n * 10 + 5..n * 10 + 10))
            .await;
    }
    test.wait_until_drained().await;
    relay.stop().await;
    assert_ran_once(&server, (0..100).filter(|n| n % 10 < 5));
}

/// Refuses events whose number ends with 7.
fn refuse(server: &EventServer) {
    server.refuse(|event| {
        let is_refused = event.data["n"].as_u64()? % 10 == 7;
        is_refused.then(|| "sevens are not wanted".to_owned())
    });
}

async fn refused_events_fail_and_the_rest_is_sent(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    refuse(&server);
    let relay = Running::new(&test.relay(client(&server)));
    test.add(&events(0..50)).await;
    test.wait_for([0, 0, 5, 0]).await;
    relay.stop().await;
    assert_ran_once(&server, (0..50).filter(|n| n % 10 != 7));
    let failed = test
        .texts("SELECT name || ' ' || error || ' ' || event_id || seed FROM inngest_outbox_failed")
        .await;
    for failed in failed {
        assert!(failed.starts_with("shop/order.placed "), "{failed}");
        assert!(failed.contains("sevens are not wanted"), "{failed}");
    }
}

async fn events_over_the_limit_fail_and_the_rest_is_sent(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    server.inject(Fault::too_large(300));
    let relay = Running::new(&test.relay(client(&server)));
    let mut all = events(0..20);
    let data = serde_json::json!({ "n": 20, "text": "x".repeat(300) });
    all.insert(10, inngest_core::RawEvent::new("shop/order.placed", data));
    test.add(&all).await;
    test.wait_for([0, 0, 1, 0]).await;
    relay.stop().await;
    assert_ran_once(&server, 0..20);
}

async fn an_outage_of_the_server_loses_no_event(test: TestOutbox) {
    let lines = support::Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let port = closed_port();
    let builder = Client::builder()
        .event_key("right")
        .base_url(format!("http://127.0.0.1:{port}"));
    let client = builder.retry(RetryPolicy::none()).build().unwrap();
    let relay = Running::new(&test.relay(client));
    let attempts = Arc::new(AtomicUsize::new(0));
    for key in [None, Some("wrong")] {
        test.add(&events(0..20)).await;
        let seen = Arc::clone(&attempts);
        let server = key.map(|key| {
            let server = EventServer::builder().port(port).event_key(key);
            let server = server.on_request(move |_, _| {
                seen.fetch_add(1, Ordering::Relaxed);
            });
            server.start().unwrap()
        });
        eventually("the relay tried, and stored that it failed", async || {
            let unsent = "SELECT 'x' FROM inngest_outbox_requests WHERE sent_at IS NULL";
            server
                .as_ref()
                .is_none_or(|_| attempts.load(Ordering::Relaxed) >= 3)
                && test.texts(unsent).await.len() == 1
        })
        .await;
        assert_eq!(test.counts().await[2..], [0, 0]);
    }
    let server = EventServer::builder().port(port).event_key("right");
    let server = server.start().unwrap();
    test.wait_until_drained().await;
    relay.stop().await;
    assert_eq!(server.counts().runs, 40);
    assert_eq!(server.counts().batched_runs, 40);
    let lines = lines.get();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(lines[0].contains("relay started"), "{lines:#?}");
    assert!(
        lines[1].contains("the server accepts no events"),
        "{lines:#?}"
    );
    assert!(lines[2].contains("accepts events again"), "{lines:#?}");
}

async fn many_requests_that_fail_at_once_are_retried(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    // The first attempts of all requests fail. The ninth attempt is the first retry.
    server.inject(Fault::status(503).times(8));
    test.add(&events(0..8)).await;
    let single = client_builder(&server).max_request_events(1).build();
    let relay = Running::new(&test.relay(single.unwrap()));
    test.wait_until_drained().await;
    relay.stop().await;
    assert_ran_once(&server, 0..8);
}

async fn delivered_events_are_kept_and_pruned(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    refuse(&server);
    let relay = test.relay(client(&server)).keep_delivered(MINUTE);
    let running = Running::new(&relay);
    test.add(&events(0..10)).await;
    test.wait_for([0, 0, 1, 0]).await;
    running.stop().await;
    let kept = test
        .texts("SELECT event_id || ' ' || body FROM inngest_outbox_delivered")
        .await;
    let kept: BTreeSet<_> = kept.into_iter().collect();
    let received = server.events().into_iter().map(|event| {
        let body = serde_json::json!({ "name": event.name, "data": event.data });
        format!("{} {body}", event.event_id)
    });
    assert_eq!(kept.len(), 9);
    let received: BTreeSet<_> = received.collect();
    let ids = |texts: &BTreeSet<String>| -> Vec<String> {
        texts.iter().map(|text| text[..26].to_owned()).collect()
    };
    assert_eq!(ids(&kept), ids(&received));

    let age = if test.is_postgres() {
        "delivered_at - interval '61 s'"
    } else {
        "delivered_at - 61000"
    };
    let age = format!(
        "UPDATE inngest_outbox_delivered SET delivered_at = {age} WHERE body LIKE '%:5}}%'"
    );
    assert_eq!(test.execute(&age).await, 1);
    let running = Running::new(&relay);
    eventually("the old event is gone", async || {
        test.count("_delivered").await == 8
    })
    .await;
    running.stop().await;
}

async fn the_traceparent_of_a_row_is_sent(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    let traces = [
        "00-11111111111111111111111111111111-1111111111111111-01",
        "00-2-2-01",
        "no\nheader",
    ];
    for trace in traces {
        let body = format!(r#"{{"name":"a/b","data":{{"n":{}}}}}"#, trace.len());
        let insert = format!(
            "INSERT INTO inngest_outbox (name, traceparent, body) VALUES ('a/b', '{trace}', '{body}')"
        );
        test.execute(&insert).await;
    }
    test.add(&[event(0)]).await;
    let relay = test.relay(client(&server)).lease(LEASE);
    // The request of a dead relay keeps its traceparent.
    send_and_crash(&test, &server, &relay, 4).await;
    let relay = Running::new(&relay);
    test.wait_until_drained().await;
    relay.stop().await;
    let requests = server.requests();
    let mut sent: Vec<_> = requests
        .iter()
        .map(|request| {
            request
                .headers
                .get("traceparent")
                .map(|trace| trace.to_str().unwrap())
        })
        .collect();
    sent.sort_unstable();
    let [first, second, _] = traces;
    let expected = [
        None,
        None,
        None,
        None,
        Some(first),
        Some(first),
        Some(second),
        Some(second),
    ];
    assert_eq!(sent, expected);
}

async fn outboxes_in_one_database_do_not_mix(test: TestOutbox) {
    let servers = [EventServer::start().unwrap(), EventServer::start().unwrap()];
    let other = Outbox::new().table("other");
    match &test.pool {
        Pool::Postgres(pool, _) => {
            other.migrate(pool).await.unwrap();
            let mut connection = pool.acquire().await.unwrap();
            other
                .add_many(&mut *connection, events(10..15))
                .await
                .unwrap();
        }
        Pool::Sqlite(pool, _) => {
            other.migrate(pool).await.unwrap();
            let mut connection = pool.acquire().await.unwrap();
            other
                .add_many(&mut *connection, events(10..15))
                .await
                .unwrap();
        }
    }
    test.add(&events(0..5)).await;
    let relays = [
        Running::new(&test.relay(client(&servers[0]))),
        Running::new(&test.relay_of(&other, client(&servers[1]))),
    ];
    test.wait_until_drained().await;
    eventually("the other outbox is drained", async || {
        servers[1].counts().events == 5
    })
    .await;
    for relay in relays {
        relay.stop().await;
    }
    assert_ran_once(&servers[0], 0..5);
    assert_ran_once(&servers[1], 10..15);
}

/// Doubles numbers, discards event 5, and fails on its first call.
struct Doubles(AtomicUsize);

impl Middleware for Doubles {
    fn before_send(&self, events: &mut Outgoing) -> Result<(), Box<dyn Error + Send + Sync>> {
        if self.0.fetch_add(1, Ordering::Relaxed) == 0 {
            return Err("not yet".into());
        }
        for event in events {
            let n: u64 = event.field("n")?.ok_or("no number")?;
            event.set_field("n", &(n * 2))?;
            if n == 5 {
                event.discard("it is five");
            }
        }
        Ok(())
    }
}

async fn middleware_runs_in_the_relay(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    test.add(&events(0..10)).await;
    let doubles = client_builder(&server).middleware(Doubles(AtomicUsize::new(0)));
    let relay = test.relay(doubles.build().unwrap()).lease(LEASE);
    send_and_crash(&test, &server, &relay, 9).await;
    // The next relay does not show the events to middleware again.
    let relay = Running::new(&relay);
    test.wait_for([0, 0, 1, 0]).await;
    relay.stop().await;
    assert_ran_once(&server, (0..20).filter(|n| n % 2 == 0 && *n != 10));
    let failed = test
        .texts("SELECT error || body FROM inngest_outbox_failed")
        .await;
    assert!(failed[0].contains("it is five"), "{failed:?}");
    assert!(failed[0].contains(r#""n":5"#), "{failed:?}");
}

/// Adds an event to each claim.
struct AddsOne;

impl Middleware for AddsOne {
    fn before_send(&self, events: &mut Outgoing) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(events.push(event(100))?)
    }
}

async fn rows_fail_while_middleware_adds_events(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    test.execute("INSERT INTO inngest_outbox (name, body) VALUES ('a', '5')")
        .await;
    test.add(&events(0..1)).await;
    let adds_one = client_builder(&server).middleware(AddsOne);
    let relay = test.relay(adds_one.build().unwrap());
    let running = Running::new(&relay);
    test.wait_for([0, 0, 1, 0]).await;
    running.stop().await;
    let counts = relay.counts();
    assert_eq!((counts.delivered, counts.failed), (2, 1));
}

async fn events_of_a_transaction_keep_their_order(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    for n in 0..20 {
        test.add(&events(n * 10..n * 10 + 10)).await;
    }
    let relay = Running::new(&test.relay(client(&server)));
    test.wait_until_drained().await;
    relay.stop().await;
    assert_eq!(ran(&server), (0..200).collect::<Vec<_>>());
}

/// Panics in the first request, and fails all others.
struct Panics(Arc<AtomicUsize>);

impl Transport for Panics {
    fn post(&self, _: Request) -> TransportFuture<'_> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            assert_ne!(number, 0, "the first request");
            Err(TransportError::other("broken"))
        })
    }
}

async fn a_panic_in_one_request_stops_no_other(test: TestOutbox) {
    let requests = Arc::new(AtomicUsize::new(0));
    let builder = Client::builder().dev(true).max_request_events(1);
    let builder = builder.transport(Panics(Arc::clone(&requests)));
    let client = builder.retry(RetryPolicy::none()).build().unwrap();
    test.add(&events(0..2)).await;
    let relay = Running::new(&test.relay(client).concurrency(1));
    eventually("the second request is sent", async || {
        requests.load(Ordering::Relaxed) >= 2
    })
    .await;
    relay.stop().await;
}

async fn extreme_settings_do_not_stop_a_relay(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    for (round, value) in [Duration::ZERO, Duration::MAX].into_iter().enumerate() {
        let relay = test
            .relay(client(&server))
            .lease(value)
            .resend_window(value)
            .keep_delivered(value)
            .idle_poll(value)
            .shutdown_timeout(value)
            .concurrency(round * usize::MAX);
        let relay = Running::new(&relay);
        for part in 0..2 {
            test.add(&events(round * 4 + part * 2..round * 4 + part * 2 + 2))
                .await;
            test.wait_until_drained().await;
        }
        relay.stop().await;
    }
    assert_ran_once(&server, 0..8);
}

/// Nobody knows how many events it has: another program may have changed their number too.
async fn a_request_that_cannot_be_read_counts_as_one_event(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    let values = "('1743130137367,eii2YKXRVTJPuA==', 3, 'not an array')";
    let columns = "seed, events, body";
    test.execute(&format!(
        "INSERT INTO inngest_outbox_requests ({columns}) VALUES {values}"
    ))
    .await;
    let relay = test.relay(client(&server));
    let running = Running::new(&relay);
    test.wait_for([0, 0, 1, 0]).await;
    running.stop().await;
    assert_eq!(relay.counts().failed, 1);
    let status = match &test.pool {
        Pool::Postgres(pool, _) => test.outbox.status(pool).await,
        Pool::Sqlite(pool, _) => test.outbox.status(pool).await,
    };
    let status = status.unwrap();
    assert_eq!((status.failed, status.pending), (1, 0));
}

async fn wake_ends_a_long_wait(test: TestOutbox) {
    let lines = support::Lines::with_traces();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let server = EventServer::start().unwrap();
    let relay = test.relay(client(&server)).idle_poll(MINUTE);
    let running = Running::new(&relay);
    // The waits double. After 9 polls, the next one is more than 4 seconds away.
    eventually("the relay polls rarely", async || {
        let lines = lines.get();
        let polls = lines
            .iter()
            .filter(|line| line.contains("no events to claim"));
        polls.count() >= 9
    })
    .await;
    test.add(&events(0..1)).await;
    let started = std::time::Instant::now();
    relay.wake();
    test.wait_until_drained().await;
    assert!(started.elapsed() < Duration::from_secs(3));
    running.stop().await;
    assert_ran_once(&server, 0..1);
}
