//! Rows that another program wrote: they fail by themselves and stop nothing.

use inngest_core::testing::EventServer;
use std::time::Duration;
use support::{Place, Running, client, event, run};

mod support;

/// Waits until the only good event was delivered and `failed` rows have failed.
async fn the_rest_goes_on(place: &Place, failed: i64) {
    let server = EventServer::start().unwrap();
    place.add(&[event(7)]).await;
    let relay = place
        .relay(client(&server))
        .keep_delivered(Duration::from_mins(1));
    let relay = Running::new(&relay);
    place.has([0, 0, failed, 0]).await;
    relay.stop().await;
    assert_eq!(run(&server), [7]);
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "there is no Postgres")]
async fn rows_that_are_no_events_fail_on_postgres() {
    let place = Place::postgres().await;
    for body in ["", "5", "{}", "{\"name\":5}", "{\"name\":\"a\",\"id\":1}"] {
        let insert = format!("INSERT INTO inngest_outbox (name, body) VALUES ('a', '{body}')");
        place.execute(&insert).await;
    }
    the_rest_goes_on(&place, 5).await;
    let errors = place.texts("SELECT error FROM inngest_outbox_failed").await;
    for error in errors {
        assert!(error.starts_with("the row is not an event: "), "{error}");
    }
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "there is no Postgres")]
async fn nul_in_names_and_ids_is_no_error_of_postgres() {
    for suffix in ["", &"x".repeat(4 << 20)] {
        let place = Place::postgres().await;
        let server = EventServer::start().unwrap();
        let insert = format!(
            r#"INSERT INTO inngest_outbox (name, body)
               VALUES ('a', '{{"name":"a\u0000b","id":"c\u0000","data":{{"x":"{suffix}"}}}}')"#
        );
        place.execute(&insert).await;
        let relay = place
            .relay(client(&server))
            .keep_delivered(Duration::from_mins(1));
        let relay = Running::new(&relay);
        place.has([0, 0, i64::from(!suffix.is_empty()), 0]).await;
        relay.stop().await;
    }
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "there is no Postgres")]
async fn times_without_end_are_no_error_of_postgres() {
    let place = Place::postgres().await;
    place
        .execute("INSERT INTO inngest_outbox (added_at, name, body) VALUES ('infinity', 'a', '5')")
        .await;
    the_rest_goes_on(&place, 1).await;
}

#[tokio::test]
async fn rows_of_other_types_fail_on_sqlite() {
    let place = Place::sqlite().await;
    for values in [
        "'a', 5, NULL, 1",
        "'a', x'ff', NULL, 1",
        "x'ff', x'7b226e616d65223a2261ff227d', NULL, 1",
        "'a', '5', x'ff', 'now'",
        "'a', CAST(x'ff' AS TEXT), 5, x'00'",
    ] {
        let columns = "name, body, traceparent, added_at";
        let insert = format!("INSERT INTO inngest_outbox ({columns}) VALUES ({values})");
        place.execute(&insert).await;
    }
    the_rest_goes_on(&place, 5).await;
}
