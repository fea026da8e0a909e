//! Requests that a relay leaves behind when it stops or dies, or keeps.

use super::*;

on_each_database! {
    requests_of_a_dead_relay_keep_their_event_ids,
    uncertain_requests_are_not_sent_after_the_window,
    requests_from_a_clock_that_went_back_do_not_wait,
    requests_with_the_longest_lease_stay_with_their_relay,
    only_a_possible_lease_of_another_relay_is_waited_for,
    unsent_requests_are_sent_however_late,
    held_requests_are_sent_however_late,
    requests_that_waited_long_are_sent,
    the_rest_of_a_refused_request_is_sent_however_late,
    a_relay_does_not_take_over_its_own_requests,
    shutdown_waits_for_answers,
    shutdown_releases_unfinished_requests,
    relays_that_restart_send_each_event_once,
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

async fn only_a_possible_lease_of_another_relay_is_waited_for(test: TestOutbox) {
    let relay = test.relay(unreachable().0);
    assert_eq!(relay.__waits_for().await.unwrap(), None);
    for (seconds, expected) in [(3_600, Some(2)), (-1, None), (365 * 24 * 3_600, None)] {
        test.execute("DELETE FROM inngest_outbox_requests").await;
        let lease_until = if test.is_postgres() {
            format!("now() + {seconds} * interval '1 s'")
        } else {
            format!("unixepoch() * 1000 + {seconds} * 1000")
        };
        test.execute(&format!(
            "INSERT INTO inngest_outbox_requests (seed, events, body, relay, lease_until) \
             VALUES ('1743130137367,eii2YKXRVTJPuA==', 2, '[]', 'other', {lease_until})"
        ))
        .await;
        let waits = relay.__waits_for().await.unwrap();
        assert_eq!(waits.map(|(events, _)| events), expected, "{seconds}");
        if let Some((_, lease)) = waits {
            assert!((3_500..=3_600).contains(&lease.as_secs()), "{lease:?}");
            test.add(&events(0..1)).await;
            assert_eq!(relay.__waits_for().await.unwrap(), None);
            test.execute("DELETE FROM inngest_outbox").await;
        }
    }
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
