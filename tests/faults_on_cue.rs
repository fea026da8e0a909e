//! Every fault that the embedded server can inject, with and without retries.

use std::time::Duration;

use inngest_core::testing::{EventServer, Fault};
use inngest_core::{Client, RetryPolicy, SendError};
use support::{item, items};

mod support;

fn single_attempt_client(server: &EventServer) -> Client {
    let builder = Client::builder().dev(true).base_url(server.url());
    builder.retry(RetryPolicy::none()).build().unwrap()
}

#[tokio::test]
async fn status_fault_has_body_and_headers() {
    let server = EventServer::start().unwrap();
    server.inject(Fault::status(503).body("busy").retry_after("7"));
    let response = reqwest::Client::new().post(format!("{}/e/k", server.url()));
    let response = response.body("[]").send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(response.bytes().await.unwrap(), "busy");
    single_attempt_client(&server).send(item(1)).await.unwrap();
}

#[tokio::test]
async fn close_fault_works_before_and_after_storing() {
    let server = EventServer::start().unwrap();
    server.inject(Fault::close());
    let error = single_attempt_client(&server)
        .send(item(1))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, SendError::ConnectionBroke { source, .. } if !source.is_connect()),
        "{error}"
    );
    assert_eq!(
        (server.events().len(), server.requests()[0].status),
        (0, None)
    );
    server.inject(Fault::close().after_taking());
    single_attempt_client(&server)
        .send(item(1))
        .await
        .unwrap_err();
    assert_eq!(
        (server.events().len(), server.requests()[1].status),
        (1, None)
    );
}

#[tokio::test]
async fn cut_fault_truncates_the_response() {
    let server = EventServer::start().unwrap();
    server.inject(Fault::cut(5));
    let error = single_attempt_client(&server)
        .send(item(1))
        .await
        .unwrap_err();
    assert!(
        matches!(error, SendError::ConnectionBroke { .. }),
        "{error}"
    );
    assert_eq!(server.events().len(), 1);
}

#[tokio::test]
async fn late_fault_delays_the_response() {
    let server = EventServer::start().unwrap();
    server.inject(Fault::late(Duration::from_secs(3_600)));
    let builder = Client::builder()
        .dev(true)
        .base_url(server.url())
        .retry(RetryPolicy::none());
    let client = builder.timeout(Duration::from_millis(200)).build().unwrap();
    let error = client.send(item(1)).await.unwrap_err();
    assert!(matches!(error, SendError::Timeout { .. }), "{error}");
    assert_eq!(server.events().len(), 1);
}

#[tokio::test]
async fn size_and_rate_faults_limit_requests() {
    let server = EventServer::start().unwrap();
    server.inject(Fault::too_large(200));
    single_attempt_client(&server).send(item(1)).await.unwrap();
    let large = single_attempt_client(&server)
        .send(support::CartCleared {
            note: "x".repeat(200),
        })
        .await;
    assert!(matches!(large, Err(SendError::RequestTooLarge { .. })));
    let server = EventServer::start().unwrap();
    server.inject(Fault::rate(2, Duration::from_secs(3_600)));
    let client = single_attempt_client(&server);
    let mut delivered = Vec::new();
    for n in 0..4 {
        delivered.push(client.send(item(n)).await.is_ok());
    }
    assert_eq!(delivered, [true, true, false, false]);
}

#[tokio::test]
async fn script_applies_faults_in_order() {
    let server = EventServer::start().unwrap();
    server.script([
        None,
        Some(Fault::status(500)),
        Some(Fault::status(500).after_taking()),
    ]);
    let client = single_attempt_client(&server);
    for (n, delivered) in [true, false, false, true].into_iter().enumerate() {
        assert_eq!(client.send(item(n)).await.is_ok(), delivered, "{n}");
    }
    let taken: Vec<_> = server
        .events()
        .into_iter()
        .filter_map(|event| event.id)
        .collect();
    assert_eq!(
        taken,
        ["item-imported-i0", "item-imported-i2", "item-imported-i3"]
    );
}

#[tokio::test]
async fn condition_selects_the_requests_to_fail() {
    let server = EventServer::start().unwrap();
    let has_two = |body: &[u8]| String::from_utf8_lossy(body).contains("item-imported-i2");
    server.inject(
        Fault::status(500)
            .always()
            .when(move |request| has_two(request.body)),
    );
    let client = single_attempt_client(&server);
    assert!(client.send(item(1)).await.is_ok());
    assert!(client.send(item(2)).await.is_err());
    assert!(client.send(item(2)).await.is_err());
}

#[tokio::test]
async fn random_faults_lose_and_duplicate_nothing() {
    for seed in [1, 2, 3] {
        let server = EventServer::start().unwrap();
        server.inject_at_random(30, Some(seed));
        let builder = Client::builder()
            .dev(true)
            .base_url(server.url())
            .max_request_events(7);
        let policy = RetryPolicy::default()
            .attempts(40)
            .max_delay(Duration::from_millis(1));
        let client = builder.retry(policy).build().unwrap();
        let receipts = client.send_many(items(1_000)).await.unwrap();
        assert_eq!(receipts.len(), 1_000);
        let runs = server.runs();
        assert_eq!(runs.len(), 1_000, "seed {seed}");
        assert!(
            server.events().len() > 1_000,
            "the server received some events twice but ran each once"
        );
    }
}
