//! Adds the correlation id of the current request to every event in a middleware: to its data, for
//! functions, and as a session, by which Inngest's dashboard groups runs.
//!
//! Run with `cargo run --example correlation_id`.

use std::error::Error;

use inngest_core::middleware::{Middleware, Outgoing};
use inngest_core::testing::EventServer;
use inngest_core::{Client, Event};
use schemars::JsonSchema;
use serde::Serialize;

tokio::task_local! {
    /// The id of the request that the current task handles.
    static CORRELATION_ID: String;
}

/// Adds the request's id to each event. An id that the data already contains stays.
struct CorrelationId;

impl Middleware for CorrelationId {
    fn before_send(&self, events: &mut Outgoing) -> Result<(), Box<dyn Error + Send + Sync>> {
        let Ok(id) = CORRELATION_ID.try_with(String::clone) else {
            // Sent outside a request.
            return Ok(());
        };
        for event in events {
            if event.field::<String>("correlation_id")?.is_none() {
                event.set_field("correlation_id", &id)?;
            }
            event.set_session("correlation_id", &*id)?;
        }
        Ok(())
    }
}

/// A customer placed an order.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/order.placed", id = "order-placed-{order_id}")]
struct OrderPlaced {
    order_id: u32,
}

/// An order's goods were taken off the shelves.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/stock.reserved", id = "stock-reserved-{order_id}")]
struct StockReserved {
    order_id: u32,
}

/// A request handler that a web framework would call. It does not know the id.
async fn place_order(client: &Client, order_id: u32) -> Result<(), Box<dyn Error>> {
    client.send(OrderPlaced { order_id }).await?;
    client.send(StockReserved { order_id }).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = EventServer::start()?;
    let client = Client::builder()
        .dev(true)
        .base_url(server.url())
        .middleware(CorrelationId)
        .build()?;

    for (request_id, order_id) in [("request-a", 1), ("request-b", 2)] {
        let handling = place_order(&client, order_id);
        CORRELATION_ID.scope(request_id.into(), handling).await?;
    }
    client.send(OrderPlaced { order_id: 3 }).await?;

    for event in server.events() {
        println!(
            "{} data {} sessions {}",
            event.name,
            event.data,
            serde_json::to_string(&event.sessions)?
        );
    }
    Ok(())
}
