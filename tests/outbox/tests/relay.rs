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

on_each_database! {
    only_committed_events_are_sent,
    refused_events_fail_and_the_rest_is_sent,
    events_over_the_limit_fail_and_the_rest_is_sent,
    requests_of_a_dead_relay_keep_their_event_ids,
    an_outage_of_the_server_loses_no_event,
    many_requests_that_fail_at_once_are_retried,
    uncertain_requests_are_not_sent_after_the_window,
    requests_from_a_clock_that_went_back_do_not_wait,
    requests_with_the_longest_lease_stay_with_their_relay,
    unsent_requests_are_sent_however_late,
    held_requests_are_sent_however_late,
    requests_that_waited_long_are_sent,
    the_rest_of_a_refused_request_is_sent_however_late,
    a_relay_does_not_take_over_its_own_requests,
    shutdown_waits_for_answers,
    shutdown_releases_unfinished_requests,
    relays_that_restart_send_each_event_once,
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

async fn requests_of_a_dead_relay_keep_their_event_ids(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    test.add(&events(0..30)).await;
    let small = client_builder(&server).max_request_events(7).build();
    let relay = test.relay(small.unwrap()).lease(LEASE);
    send_and_crash(&test, &server, &relay, 30).await;
    let others: Vec<_> = (0..3)
        .map(|_| Running::new(&test.relay(client(&server)).lease(LEASE)))
        .collect();
    test.wait_until_drained().await;
    for other in others {
        other.stop().await;
    }
    assert!(server.counts().events >= 60);
    assert_ran_once(&server, 0..30);
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

async fn uncertain_requests_are_not_sent_after_the_window(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    for (number, age, is_sent) in [(0, 27, true), (1, 31, false)] {
        test.add(&events(number..number + 1)).await;
        let relay = test.relay(client(&server));
        send_and_crash(&test, &server, &relay, server.counts().events + 1).await;
        test.age_requests(age * MINUTE).await;
        let before = server.counts().events;
        let relay = Running::new(&test.relay(client(&server)));
        test.wait_for([0, 0, 0, i64::from(!is_sent)]).await;
        relay.stop().await;
        assert_eq!(server.counts().events, before + usize::from(is_sent));
    }
    let columns = "name || ' ' || event_id || ' ' || seed || ' ' || body || ' ' || sent_at";
    let uncertain = test
        .texts(&format!("SELECT {columns} FROM inngest_outbox_uncertain"))
        .await;
    let event = server.events().pop().unwrap();
    let expected = format!("shop/order.placed {} ", event.event_id);
    assert!(uncertain[0].starts_with(&expected), "{uncertain:?}");
}

/// A lease far in the future has ended. Nobody knows for how long the server may have had the events.
async fn requests_from_a_clock_that_went_back_do_not_wait(test: TestOutbox) {
    let time = |seconds: u64| {
        if test.is_postgres() {
            format!("now() + {seconds} * interval '1 s'")
        } else {
            format!("unixepoch() * 1000 + {seconds}000")
        }
    };
    let year = 365 * 24 * 3_600;
    for (n, sent_at, lease_until) in [
        (0, "NULL".to_owned(), time(year)),
        (1, time(20), time(year)),
        (2, time(7_200), time(year)),
        // Another relay may still have this one.
        (3, "NULL".to_owned(), time(7_200)),
    ] {
        let body = format!(r#"[{{"name":"shop/order.placed","data":{{"n":{n}}}}}]"#);
        let columns = "seed, events, body, sent_at, relay, lease_until";
        test.execute(&format!(
            "INSERT INTO inngest_outbox_requests ({columns}) \
             VALUES ('174313013736{n},eii2YKXRVTJPuA==', 1, '{body}', {sent_at}, 'dead', {lease_until})"
        ))
        .await;
    }
    let server = EventServer::start().unwrap();
    let relay = Running::new(&test.relay(client(&server)));
    test.wait_for([0, 1, 0, 1]).await;
    relay.stop().await;
    assert_ran_once(&server, 0..2);
}

async fn requests_with_the_longest_lease_stay_with_their_relay(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    server.inject(Fault::late(Duration::from_secs(1)));
    test.add(&events(0..1)).await;
    let first = Running::new(&test.relay(client(&server)).lease(Duration::MAX));
    eventually("the first relay sends", async || {
        server.counts().events == 1
    })
    .await;
    let other = Running::new(&test.relay(client(&server)));
    test.add(&events(1..2)).await;
    test.wait_until_drained().await;
    first.stop().await;
    other.stop().await;
    assert_eq!(server.counts().events, 2);
}

/// A client whose server is stopped, and the port of the server.
fn unreachable() -> (Client, u16) {
    let port = closed_port();
    let url = format!("http://127.0.0.1:{port}");
    let builder = Client::builder().dev(true).base_url(url);
    let client = builder.max_request_events(5).retry(RetryPolicy::none());
    (client.build().unwrap(), port)
}

/// Waits until the database says that this many requests were not sent.
async fn wait_until_unsent(test: &TestOutbox, requests: usize) {
    eventually("the database says that nothing was sent", async || {
        let unsent = "SELECT 'x' FROM inngest_outbox_requests WHERE sent_at IS NULL";
        test.texts(unsent).await.len() == requests
    })
    .await;
}

async fn unsent_requests_are_sent_however_late(test: TestOutbox) {
    let (unreachable, port) = unreachable();
    test.add(&events(0..20)).await;
    let relay = Running::new(&test.relay(unreachable.clone()));
    wait_until_unsent(&test, 4).await;
    relay.crash().await;
    test.age_requests(MINUTE * 100).await;
    let server = EventServer::builder().port(port).start().unwrap();
    let relay = Running::new(&test.relay(unreachable));
    test.wait_until_drained().await;
    relay.stop().await;
    assert_ran_once(&server, 0..20);
}

/// A server that is down, and how often a client tried to connect.
#[derive(Clone, Default)]
struct Stopped(Arc<AtomicUsize>);

impl Transport for Stopped {
    fn post(&self, _: Request) -> TransportFuture<'_> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Err(TransportError::connect("the server is down")) })
    }
}

async fn held_requests_are_sent_however_late(test: TestOutbox) {
    let server = Stopped::default();
    let builder = Client::builder().dev(true).transport(server.clone());
    let builder = builder.max_request_events(5).retry(RetryPolicy::none());
    let stopped = builder.build().unwrap();
    test.add(&events(0..20)).await;
    let relay = Running::new(&test.relay(stopped.clone()));
    wait_until_unsent(&test, 4).await;
    relay.stop().await;
    let before = server.0.load(Ordering::SeqCst);
    let relay = Running::new(&test.relay(stopped));
    // The next relay tries all requests, stores that they were not sent, and then tries one at a time.
    eventually("the next relay tries a single request", async || {
        server.0.load(Ordering::SeqCst) > before + 4
    })
    .await;
    relay.crash().await;
    let sent = "SELECT 'x' FROM inngest_outbox_requests WHERE sent_at IS NOT NULL";
    assert!(test.texts(sent).await.len() <= 1);
    test.execute("DELETE FROM inngest_outbox_requests WHERE sent_at IS NOT NULL")
        .await;
    let expected = test.count("_requests").await * 5;
    assert!(expected >= 15);
    test.age_requests(MINUTE * 100).await;
    let server = EventServer::start().unwrap();
    let relay = Running::new(&test.relay(client(&server)));
    test.wait_until_drained().await;
    relay.stop().await;
    assert_eq!(i64::try_from(server.counts().batched_runs), Ok(expected));
}

async fn requests_that_waited_long_are_sent(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    // The second request waits for the first one, longer than the window.
    let window = Duration::from_secs(1);
    server.script([Some(Fault::late(window * 2)), None]);
    test.add(&events(0..2)).await;
    let single = client_builder(&server).max_request_events(1).build();
    let relay = test.relay(single.unwrap()).concurrency(1);
    let relay = Running::new(&relay.resend_window(window));
    // The answer for the first event comes too late.
    test.wait_for([0, 0, 0, 1]).await;
    relay.stop().await;
    assert_ran_once(&server, 0..2);
}

async fn the_rest_of_a_refused_request_is_sent_however_late(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    refuse(&server);
    // The server refuses event 7, and fails before the client can send the others.
    server.script([None, Some(Fault::status(503)), Some(Fault::status(503))]);
    test.add(&events(0..10)).await;
    let relay = Running::new(&test.relay(client(&server)));
    eventually("event 7 has failed", async || {
        test.count("_failed").await == 1
    })
    .await;
    relay.crash().await;
    test.age_requests(MINUTE * 100).await;
    let relay = Running::new(&test.relay(client(&server)));
    test.wait_for([0, 0, 1, 0]).await;
    relay.stop().await;
    assert_ran_once(&server, [0, 1, 2, 3, 4, 5, 6, 8, 9]);
}

async fn a_relay_does_not_take_over_its_own_requests(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    server.script([Some(Fault::late(Duration::from_secs(2)))]);
    test.add(&events(0..1)).await;
    let relay = Running::new(&test.relay(client(&server)).lease(LEASE));
    eventually("the event is in flight", async || {
        if server.counts().events == 0 {
            return false;
        }
        // As if the database had been slow for longer than a lease.
        test.age_requests(Duration::ZERO).await;
        test.counts().await == [0; 4]
    })
    .await;
    relay.stop().await;
    assert_eq!(server.counts().events, 1);
}

async fn shutdown_waits_for_answers(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    server.inject(Fault::late(Duration::from_millis(500)));
    test.add(&events(0..5)).await;
    let relay = Running::new(&test.relay(client(&server)));
    eventually("the server has the events", async || {
        server.counts().events == 5
    })
    .await;
    relay.stop().await;
    assert_eq!(test.counts().await, [0; 4]);
}

async fn shutdown_releases_unfinished_requests(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    server.inject(Fault::late(MINUTE * 60));
    test.add(&events(0..5)).await;
    let relay = test.relay(client(&server)).shutdown_timeout(Duration::ZERO);
    let relay = Running::new(&relay);
    eventually("the server has the events", async || {
        server.counts().events == 5
    })
    .await;
    relay.stop().await;
    // The shutdown ended the lease of 30 seconds.
    let started = std::time::Instant::now();
    let relay = Running::new(&test.relay(client(&server)));
    test.wait_until_drained().await;
    assert!(started.elapsed() < Duration::from_secs(20));
    relay.stop().await;
    assert_ran_once(&server, 0..5);
}

async fn relays_that_restart_send_each_event_once(test: TestOutbox) {
    let server = EventServer::start().unwrap();
    let small = client_builder(&server).max_request_events(3).build();
    let relay = test.relay(small.unwrap()).lease(LEASE);
    for round in 0..20 {
        let running = Running::new(&relay);
        test.add(&events(round * 10..round * 10 + 10)).await;
        let sent = server.counts().events;
        eventually("the relay sends", async || server.counts().events > sent).await;
        if round % 2 == 0 {
            running.crash().await;
        } else {
            running.stop().await;
        }
    }
    let running = Running::new(&relay);
    test.wait_until_drained().await;
    running.stop().await;
    assert_ran_once(&server, 0..200);
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
