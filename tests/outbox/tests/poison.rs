//! Bad rows that another program wrote must fail alone, and must not stop a relay.

use inngest_core::testing::EventServer;
use std::time::Duration;
use support::{Running, TestOutbox, client, event, ran};

mod support;

/// Adds a good event, and waits until it is delivered and `failed` rows have failed.
async fn expect_delivery_despite(test: &TestOutbox, failed: i64) {
    let server = EventServer::start().unwrap();
    test.add(&[event(7)]).await;
    let relay = test
        .relay(client(&server))
        .keep_delivered(Duration::from_mins(1));
    let relay = Running::new(&relay);
    test.wait_for([0, 0, failed, 0]).await;
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
    expect_delivery_despite(&test, 5).await;
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
    expect_delivery_despite(&test, 1).await;
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
    expect_delivery_despite(&test, 5).await;
}
