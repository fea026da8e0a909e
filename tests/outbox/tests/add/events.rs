//! The events that the tests add.

use std::sync::atomic::{AtomicBool, Ordering};

use inngest_core::testing::Recorder;
use inngest_core::transport::{Request, Transport, TransportError, TransportFuture};
use inngest_core::{Batch, Client, Event, RetryPolicy};
use schemars::JsonSchema;
use serde::Serialize;

/// An order was placed.
#[derive(Clone, Debug, Serialize, JsonSchema, Event)]
#[event(name = "shop/order.placed", id = "order-placed-{order}")]
pub(crate) struct OrderPlaced {
    pub(crate) order: u64,
    pub(crate) note: &'static str,
}

/// An order with text that no layer may change.
pub(crate) fn order(order: u64) -> OrderPlaced {
    OrderPlaced {
        order,
        note: "\"tea\" \\ \0 \u{1F375} $1 {events} ?",
    }
}

/// Orders with the numbers `0..count`.
pub(crate) fn orders(count: u64) -> Vec<OrderPlaced> {
    (0..count).map(order).collect()
}

/// An order whose number the server would change, so that the outbox refuses it.
pub(crate) fn refused() -> OrderPlaced {
    order(u64::MAX)
}

/// A transport that accepts one request and then breaks every connection.
#[derive(Default)]
struct Breaking {
    accepting: Recorder,
    is_broken: AtomicBool,
}

impl Transport for Breaking {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        if !self.is_broken.swap(true, Ordering::Relaxed) {
            return self.accepting.post(request);
        }
        Box::pin(std::future::ready(Err(TransportError::other(
            "connection reset",
        ))))
    }
}

/// A batch with requests that a client could not deliver, and an event that was never sent.
pub(crate) async fn unsent() -> Batch {
    let client = Client::builder()
        .event_key("test-key")
        .base_url("http://inngest.test")
        .retry(RetryPolicy::none())
        .max_request_events(2)
        .transport(Breaking::default())
        .build()
        .unwrap();
    let error = client.send_many(orders(6)).await.unwrap_err();
    let mut batch = error.into_unsent();
    batch.push(order(100)).unwrap();
    batch
}
