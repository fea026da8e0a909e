//! Bad rows that another program wrote must fail alone, and must not stop a relay.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use inngest_core::middleware::{Middleware, Outgoing};
use inngest_core::testing::EventServer;
use inngest_core::{Client, RawEvent};
use inngest_outbox::RetryIds;
use outbox_tests::eventually;
use serde_json::json;
use support::{
    Lines, Pool, Running, TestOutbox, assert_ran_once, client, client_builder, event, events, ran,
};

mod support;

/// The seed of a request.
const SEED: &str = "1743130137367,eii2YKXRVTJPuA==";

/// The body of a request with one event.
const BODY: &str = r#"[{"name":"shop/order.placed","data":{"n":1}}]"#;

/// Adds a good event, and waits until it is delivered and these numbers of rows have failed or are uncertain.
async fn expect_delivery_despite(test: &TestOutbox, [failed, uncertain]: [i64; 2]) {
    let server = EventServer::start().unwrap();
    test.add(&[event(7)]).await;
    let relay = test
        .relay(client(&server))
        .keep_delivered(Duration::from_mins(1));
    let relay = Running::new(&relay);
    test.wait_for([0, 0, failed, uncertain]).await;
    relay.stop().await;
    assert_eq!(ran(&server), [7]);
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "Postgres is not available")]
async fn rows_that_are_not_events_fail_on_postgres() {
    let test = TestOutbox::postgres().await;
    for body in ["", "5", "{}", "{\"name\":5}", "{\"name\":\"a\",\"id\":1}"] {
        let insert = format!("INSERT INTO inngest_outbox (name, body) VALUES ('a', '{body}')");
        test.execute(&insert).await;
    }
    expect_delivery_despite(&test, [5, 0]).await;
    let errors = test.texts("SELECT error FROM inngest_outbox_failed").await;
    for error in errors {
        assert!(error.starts_with("the row is not an event: "), "{error}");
    }
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "Postgres is not available")]
async fn names_and_ids_with_nul_are_stored_on_postgres() {
    for suffix in ["", &"x".repeat(4 << 20)] {
        let test = TestOutbox::postgres().await;
        let server = EventServer::start().unwrap();
        let insert = format!(
            r#"INSERT INTO inngest_outbox (name, body)
               VALUES ('a', '{{"name":"a\u0000b","id":"c\u0000","data":{{"x":"{suffix}"}}}}')"#
        );
        test.execute(&insert).await;
        let relay = test
            .relay(client(&server))
            .keep_delivered(Duration::from_mins(1));
        let relay = Running::new(&relay);
        test.wait_for([0, 0, i64::from(!suffix.is_empty()), 0])
            .await;
        relay.stop().await;
    }
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "Postgres is not available")]
async fn impossible_times_do_not_stop_a_relay_on_postgres() {
    let test = TestOutbox::postgres().await;
    let times = [
        "infinity",
        "-infinity",
        // This rounds to a time that Postgres refuses.
        "294276-12-31 23:59:59.9999+00",
        "4714-11-24 00:00:00+00 BC",
    ];
    for time in times {
        let columns = "added_at, name, body";
        test.execute(&format!(
            "INSERT INTO inngest_outbox ({columns}) VALUES ('{time}', 'a', '5')"
        ))
        .await;
        let columns = "seed, events, body, added_at, sent_at";
        test.execute(&format!(
            "INSERT INTO inngest_outbox_requests ({columns}) VALUES ('{SEED}', 1, '{BODY}', '{time}', '{time}')"
        ))
        .await;
    }
    expect_delivery_despite(&test, [4, 4]).await;
}

#[tokio::test]
async fn rows_of_other_types_fail_on_sqlite() {
    let test = TestOutbox::sqlite().await;
    for values in [
        "'a', 5, NULL, 1",
        "'a', x'ff', NULL, 1",
        "x'ff', x'7b226e616d65223a2261ff227d', NULL, 1",
        "'a', '5', x'ff', 'now'",
        "'a', CAST(x'ff' AS TEXT), 5, x'00'",
    ] {
        let columns = "name, body, traceparent, added_at";
        let insert = format!("INSERT INTO inngest_outbox ({columns}) VALUES ({values})");
        test.execute(&insert).await;
    }
    expect_delivery_despite(&test, [5, 0]).await;
}

/// A row that is no event may still have a name and an id in its columns.
async fn rows_that_are_not_events_keep_their_columns(test: TestOutbox) {
    for values in [
        "'shop/a', 'a-1', '5'",
        "'shop/b', NULL, ''",
        "'shop/c', 'c-1', '{\"name\":\"\",\"id\":1}'",
        "'shop/d', 'd-1', '{\"name\":\"shop/json\",\"id\":1}'",
        "'shop/e', 'e-1', '{\"name\":\"shop/json\",\"id\":\"json-1\",\"data\":5}'",
    ] {
        let insert = format!("INSERT INTO inngest_outbox (name, dedup_id, body) VALUES ({values})");
        test.execute(&insert).await;
    }
    expect_delivery_despite(&test, [5, 0]).await;
    let columns = "name || ' ' || coalesce(dedup_id, '')";
    let all = format!("SELECT {columns} FROM inngest_outbox_failed ORDER BY id");
    let expected = [
        "shop/a a-1",
        "shop/b ",
        "shop/c c-1",
        "shop/json d-1",
        "shop/json json-1",
    ];
    let mut found = test.texts(&all).await;
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "Postgres is not available")]
async fn rows_that_are_not_events_keep_their_columns_on_postgres() {
    rows_that_are_not_events_keep_their_columns(TestOutbox::postgres().await).await;
}

#[tokio::test]
async fn rows_that_are_not_events_keep_their_columns_on_sqlite() {
    rows_that_are_not_events_keep_their_columns(TestOutbox::sqlite().await).await;
}

/// A database with the encoding `SQL_ASCII` stores any bytes.
#[tokio::test]
#[cfg_attr(not(postgres), ignore = "Postgres is not available")]
async fn bytes_that_are_not_text_fail_alone_on_postgres() {
    let database = outbox_tests::postgres_with_encoding("SQL_ASCII").await;
    let test = TestOutbox::on(database.expect("the build found it")).await;
    let bytes = |text: &str| {
        // The octets in a bytea. 0xff is in no UTF-8 text.
        let octets = text.replace('\'', "''").replace('?', r"\377");
        format!("convert_from('{octets}'::bytea, 'SQL_ASCII')")
    };
    let invalid = bytes(r#"{"name":"shop/bytes","data":{"x":"?"}}"#);
    let event = r#"'{"name":"shop/order.placed","data":{"n":8}}'"#;
    for values in [
        format!("'shop/bytes', NULL, NULL, {invalid}"),
        format!("{}, {}, {}, '5'", bytes("n?"), bytes("i?"), bytes("t?")),
        format!("{}, {}, {}, {event}", bytes("n?"), bytes("i?"), bytes("t?")),
    ] {
        let columns = "name, dedup_id, traceparent, body";
        test.execute(&format!(
            "INSERT INTO inngest_outbox ({columns}) VALUES ({values})"
        ))
        .await;
    }
    let body = bytes(&BODY.replace("data", "?"));
    for values in [
        format!("'{SEED}', 1, NULL, {body}"),
        format!("{}, 1, NULL, '{BODY}'", bytes("?")),
        format!("'{SEED}', 1, {}, '{BODY}'", bytes("?")),
    ] {
        let columns = "seed, events, traceparent, body";
        test.execute(&format!(
            "INSERT INTO inngest_outbox_requests ({columns}) VALUES ({values})"
        ))
        .await;
    }
    let server = EventServer::start().unwrap();
    // The answer of the server is stored too.
    server.refuse(|event| (event.data["n"] == 7).then(|| "\u{fc}ber".into()));
    test.add(&events(7..8)).await;
    let relay = Running::new(&test.relay(client(&server)));
    test.wait_for([0, 0, 5, 0]).await;
    relay.stop().await;
    let mut delivered = ran(&server);
    delivered.sort_unstable();
    assert_eq!(delivered, [1, 8]);

    let Pool::Postgres(pool, _) = &test.pool else {
        unreachable!("the test is on Postgres");
    };
    let failed = test.outbox.failed(pool);
    let listed = failed.list().await.unwrap();
    let mut names: Vec<_> = listed.iter().map(|event| &*event.name).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["", "", "n\u{fffd}", "shop/bytes", "shop/order.placed"]
    );
    let has = |text: &str| listed.iter().any(|event| event.error.contains(text));
    assert!(
        has("its body is not UTF-8") && has("\u{fc}ber"),
        "{listed:?}"
    );
    // A person can still read the bytes, so no retry may replace them.
    let kept = format!("SELECT name FROM inngest_outbox_failed WHERE body IN ({invalid}, {body})");
    assert_eq!(test.texts(&kept).await.len(), 2);
    let retried = failed.retry(RetryIds::Same).await.unwrap();
    assert_eq!((retried.events, retried.damaged.len()), (3, 2));
    assert_eq!(test.texts(&kept).await.len(), 2);
    assert_eq!(failed.discard().await.unwrap().events, 2);
}

/// Adds requests, waits until the damaged ones have failed, and returns their bodies.
async fn fail_requests(
    test: &TestOutbox,
    requests: &[String],
    expected: [i64; 2],
) -> Vec<(String, String)> {
    for values in requests {
        let columns = "seed, events, body, traceparent, added_at, sent_at, lease_until";
        let insert = format!("INSERT INTO inngest_outbox_requests ({columns}) VALUES ({values})");
        test.execute(&insert).await;
    }
    let pending = test.status().await.pending;
    assert!(pending >= 1, "{pending}");
    expect_delivery_despite(test, expected).await;
    let all = "FROM inngest_outbox_failed WHERE name = '' ORDER BY id";
    let errors = test.texts(&format!("SELECT error {all}")).await;
    let body = if test.is_postgres() {
        "body"
    } else {
        "CASE typeof(body) WHEN 'text' THEN body ELSE hex(body) END"
    };
    let bodies = test.texts(&format!("SELECT {body} {all}")).await;
    for error in &errors {
        let start = "the stored request is damaged: ";
        assert!(error.starts_with(start), "{error}");
    }
    errors.into_iter().zip(bodies).collect()
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "Postgres is not available")]
async fn damaged_requests_fail_on_postgres() {
    let test = TestOutbox::postgres().await;
    let times = "NULL, now(), NULL, now()";
    let failed = fail_requests(
        &test,
        &[
            format!("'{SEED}', 1, '', {times}"),
            format!("'{SEED}', 1, '\"private\"', {times}"),
            format!("'{SEED}', 1, '[1]', {times}"),
            format!("'{SEED}', 2, '{BODY}', {times}"),
            format!("'', 1, '{BODY}', {times}"),
            format!("'1,x', 1, '{BODY}', NULL, 'infinity', NULL, '-infinity'"),
            format!("'1,y', 1, '{BODY}', NULL, '-infinity', now(), now()"),
            // Nobody knows since when the server has these.
            format!("'{SEED}', 1, '{BODY}', NULL, now(), 'infinity', now()"),
            format!("'{SEED}', 1, '{BODY}', NULL, '-infinity', '-infinity', now()"),
        ],
        [7, 2],
    )
    .await;
    assert_eq!(failed.len(), 7);
    let (errors, bodies): (Vec<_>, Vec<_>) = failed.into_iter().unzip();
    assert!(!errors.iter().any(|error| error.contains("private")));
    assert_eq!(bodies.iter().filter(|body| *body == BODY).count(), 4);
    let uncertain = |error: &&String| error.ends_with("; the server may have its events");
    assert_eq!(errors.iter().filter(uncertain).count(), 1);
}

#[tokio::test]
async fn damaged_requests_fail_on_sqlite() {
    let test = TestOutbox::sqlite().await;
    let times = "NULL, 1, NULL, 0";
    let failed = fail_requests(
        &test,
        &[
            format!("'{SEED}', 1, 5, {times}"),
            format!("'{SEED}', 1, x'5bff5d', {times}"),
            // Replacement characters would change the event.
            format!("'{SEED}', 1, replace('{BODY}', 'data', CAST(x'ff' AS TEXT)), {times}"),
            format!("x'ff', 1, '{BODY}', {times}"),
            format!("'1,x', 1, '{BODY}', {times}"),
            format!("'{SEED}', 'one', '{BODY}', {times}"),
            format!("'{SEED}', 1, '5', 5, x'00', 1.5, 'never'"),
            format!("'{SEED}', 1, '5', x'ff', 'now', 'now', x'00'"),
            format!("'{SEED}', 1, '{BODY}', x'ff', 1.5, 'now', 0"),
            format!("'{SEED}', 1, '{BODY}', NULL, 1e300, x'00', -1.5"),
        ],
        [8, 2],
    )
    .await;
    assert_eq!(failed.len(), 8);
    // A person can still read bytes that are not UTF-8.
    assert!(
        failed.iter().any(|(_, body)| body == "5BFF5D"),
        "{failed:?}"
    );
}

/// Fails for events with the name `shop/bad`, until it is mended.
#[derive(Clone, Default)]
struct FailsForOneName(Arc<AtomicBool>);

impl Middleware for FailsForOneName {
    fn before_send(&self, events: &mut Outgoing) -> Result<(), Box<dyn Error + Send + Sync>> {
        let is_mended = self.0.load(Ordering::Relaxed);
        if !is_mended && events.into_iter().any(|event| event.name() == "shop/bad") {
            return Err("no key for this event".into());
        }
        Ok(())
    }
}

impl FailsForOneName {
    fn client(&self, server: &EventServer) -> Client {
        let builder = client_builder(server).middleware(self.clone());
        builder.build().unwrap()
    }
}

fn bad(n: usize) -> RawEvent {
    RawEvent::new("shop/bad", json!({ "n": n }))
}

/// An event that middleware fails for stays pending and delays no other event.
async fn middleware_that_fails_blocks_only_its_events(test: TestOutbox) {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let count = |text: &str| {
        let lines = lines.get();
        lines.iter().filter(|line| line.contains(text)).count()
    };
    let server = EventServer::start().unwrap();
    let middleware = FailsForOneName::default();
    // Several claims find nothing but bad events.
    test.add(&[bad(100), bad(101)]).await;
    let relay = Running::new(&test.relay(middleware.client(&server)));
    eventually("an event failed", async || count("middleware failed") == 1).await;
    let mut all = events(0..30);
    all.insert(0, bad(102));
    all.insert(20, bad(103));
    test.add(&all).await;
    test.add(&[bad(104)]).await;
    test.add(&events(30..40)).await;
    test.wait_for([5, 0, 0, 0]).await;
    let mut delivered = ran(&server);
    delivered.sort_unstable();
    assert_eq!(delivered, (0..40).collect::<Vec<_>>());
    let failures: Vec<_> = lines
        .get()
        .into_iter()
        .filter(|line| line.contains("WARN"))
        .collect();
    let [failure] = &failures[..] else {
        panic!("{failures:?}");
    };
    assert!(
        failure.contains("shop/bad") && failure.contains("no key"),
        "{failure}"
    );

    middleware.0.store(true, Ordering::Relaxed);
    test.wait_until_drained().await;
    eventually("the log says so", async || count("works again") == 1).await;
    relay.stop().await;
    let mut delivered = ran(&server);
    delivered.sort_unstable();
    assert_eq!(delivered.len(), 45);
    assert_eq!(delivered[40..], [100, 101, 102, 103, 104]);
    assert_eq!(server.counts().batched_runs, 45);
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "Postgres is not available")]
async fn middleware_that_fails_blocks_only_its_events_on_postgres() {
    middleware_that_fails_blocks_only_its_events(TestOutbox::postgres().await).await;
}

#[tokio::test]
async fn middleware_that_fails_blocks_only_its_events_on_sqlite() {
    middleware_that_fails_blocks_only_its_events(TestOutbox::sqlite().await).await;
}

/// A transaction that commits late can contain both good and bad events.
#[tokio::test]
#[cfg_attr(not(postgres), ignore = "Postgres is not available")]
async fn middleware_that_fails_for_late_events_blocks_only_these_on_postgres() {
    let test = TestOutbox::postgres().await;
    let Pool::Postgres(pool, _) = &test.pool else {
        unreachable!("the test is on Postgres");
    };
    let server = EventServer::start().unwrap();
    let middleware = FailsForOneName::default();
    let relay = Running::new(&test.relay(middleware.client(&server)));
    let mut late = pool.begin().await.unwrap();
    let all = [bad(10), event(1), bad(11), event(2)];
    test.outbox.add_many(&mut *late, &all).await.unwrap();
    test.add(&[event(0)]).await;
    eventually("the relay passed the open transaction", async || {
        server.counts().events == 1
    })
    .await;
    late.commit().await.unwrap();
    test.add(&[event(3), bad(12), event(4)]).await;
    test.wait_for([3, 0, 0, 0]).await;
    middleware.0.store(true, Ordering::Relaxed);
    test.wait_until_drained().await;
    relay.stop().await;
    assert_ran_once(&server, [0, 1, 2, 3, 4, 10, 11, 12]);
}
