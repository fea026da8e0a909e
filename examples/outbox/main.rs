//! Places orders with a transactional outbox, kills the relay while it sends, and shows that each event
//! ran once.
//!
//! Run with `cargo run --example outbox`, which uses a new SQLite file, or with
//! `DATABASE_URL=postgres://localhost/test cargo run --example outbox`, which uses the tables
//! `outbox_example…` and deletes them at the end.

use std::error::Error;
use std::process::{Child, Command};
use std::time::Duration;

use inngest_core::testing::{EventServer, Fault};
use inngest_core::{Client, Event};
use inngest_outbox::{Outbox, Relay};
use schemars::JsonSchema;
use serde::Serialize;

use database::Shop;

mod database;

/// A customer placed an order.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/order.placed", id = "order-placed-{order_id}")]
struct OrderPlaced {
    order_id: u32,
    sku: String,
}

fn outbox() -> Outbox {
    Outbox::new().table("outbox_example")
}

/// Runs the relay, in a process of its own that gets the URLs of the database and the server as arguments.
async fn relay(database: &str, server: &str) -> Result<(), Box<dyn Error>> {
    let shop = Shop::open(database).await?;
    let client = Client::builder()
        .dev(true)
        .base_url(server)
        .max_request_events(50)
        .build()?;
    let relay = Relay::new(outbox(), shop.database(), client)
        .concurrency(1)
        // After this time, another relay takes over the requests of a dead one. The default is 30 seconds.
        .lease(Duration::from_secs(1));
    relay.run_until(std::future::pending()).await?;
    Ok(())
}

/// Starts this program again as a relay.
fn start_relay(database: &str, server: &EventServer) -> Result<Child, Box<dyn Error>> {
    let program = std::env::current_exe()?;
    Ok(Command::new(program)
        .args(["relay", database, &server.url()])
        .spawn()?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, database, server] = arguments.as_slice()
        && command == "relay"
    {
        return relay(database, server).await;
    }

    let folder = tempfile::tempdir()?;
    let file = format!("sqlite:{}", folder.path().join("shop.db").display());
    let database = std::env::var("DATABASE_URL").unwrap_or(file);
    let shop = Shop::open(&database).await?;
    shop.create(&outbox()).await?;

    // Each order and its event share one transaction. Every fourth customer changes their mind.
    for order_id in 0..200 {
        let order = OrderPlaced {
            order_id,
            sku: "MUG-BLUE".into(),
        };
        shop.place(&outbox(), &order, order_id % 4 != 3).await?;
    }
    println!("placed 150 orders and rolled 50 back");

    // The server accepts the events of the second request, but the relay dies before the response.
    let server = EventServer::start()?;
    server.script([None, Some(Fault::late(Duration::from_hours(1)))]);
    let mut first = start_relay(&database, &server)?;
    if !server.wait_until(Duration::from_mins(1), |server| {
        server.counts().events == 100
    }) {
        return Err("the relay sent nothing".into());
    }
    first.kill()?;
    first.wait()?;
    println!(
        "killed the relay: {} orders have arrived",
        server.counts().runs
    );

    // Another relay sends the second request again: the same bytes, with the same event ids.
    let mut second = start_relay(&database, &server)?;
    if !server.wait_until(Duration::from_mins(1), |server| {
        server.counts().events == 200
    }) {
        return Err("the second relay did not send the rest".into());
    }
    second.kill()?;
    second.wait()?;
    println!(
        "another relay sent the rest: {} events arrived, and {} ran",
        server.counts().events,
        server.counts().runs,
    );
    shop.remove().await
}
