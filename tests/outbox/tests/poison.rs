//! Bad rows that another program wrote must fail alone, and must not stop a relay.

use inngest_core::testing::EventServer;
use std::time::Duration;
use support::{Running, TestOutbox, client, event, ran};

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
async fn infinite_times_do_not_stop_a_relay_on_postgres() {
    let test = TestOutbox::postgres().await;
    test.execute("INSERT INTO inngest_outbox (added_at, name, body) VALUES ('infinity', 'a', '5')")
        .await;
    expect_delivery_despite(&test, [1, 0]).await;
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
    let bodies = test.texts(&format!("SELECT body {all}")).await;
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
}
