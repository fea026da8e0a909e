//! Tests what the client reports to the `metrics` crate.

use inngest_core::testing::{EventServer, Fault};
use inngest_core::{Client, Event, RetryPolicy};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/cart.cleared")]
struct CartCleared {
    items: u64,
}

const KEY: &str = "a-secret-event-key";

#[test]
fn sent_events_and_failures_are_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshots = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let server = EventServer::builder().event_key(KEY).start().unwrap();
            let client = Client::builder()
                .event_key(KEY)
                .base_url(server.url())
                .retry(RetryPolicy::default().max_delay(std::time::Duration::ZERO))
                .build()
                .unwrap();
            server.inject(Fault::status(503));
            client.send(CartCleared { items: 1 }).await.unwrap();
            let carts = [1, u64::MAX, 2].map(|items| CartCleared { items });
            client.send_many(carts).await.unwrap_err();
            server.inject(Fault::status(401));
            client.send(CartCleared { items: 1 }).await.unwrap_err();
        });
    });

    let mut lines: Vec<String> = snapshots
        .snapshot()
        .into_vec()
        .into_iter()
        .map(|(key, _, _, value)| {
            let (name, labels) = key.key().clone().into_parts();
            let mut labels: Vec<_> = labels
                .iter()
                .filter(|label| !label.key().starts_with("messaging.op"))
                .map(|label| format!("{}={}", label.key(), label.value()))
                .collect();
            labels.sort();
            let value = match value {
                DebugValue::Counter(count) => count.to_string(),
                DebugValue::Histogram(values) => format!("{} values", values.len()),
                DebugValue::Gauge(_) => "a gauge".to_owned(),
            };
            format!("{} {} {value}", name.as_str(), labels.join(" "))
        })
        .collect();
    lines.sort();
    let destination = "messaging.destination.name=storefront/cart.cleared";
    let system = "messaging.system=inngest";
    let sent = "messaging.client.sent.messages";
    let duration = "messaging.client.operation.duration";
    let server = "server.address=127.0.0.1";
    assert_eq!(
        lines,
        [
            format!("inngest.client.resent.requests error.type=503 {system} 1"),
            format!("{duration} error.type=401 {system} {server} 1 values"),
            format!("{duration} error.type=payload {system} {server} 1 values"),
            format!("{duration} {system} {server} 1 values"),
            format!("{sent} error.type=401 {destination} {system} 1"),
            format!("{sent} error.type=payload {destination} {system} 1"),
            format!("{sent} {destination} {system} 3"),
        ]
    );
}
