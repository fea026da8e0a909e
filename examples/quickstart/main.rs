//! Sends one event and prints its JSON, its receipt, the effect of sending it again, and its
//! schema.
//!
//! Run with `cargo run --example quickstart`.

use examples::Target;
use inngest_core::{Batch, Event};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A supplier's item entered the catalogue.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "storefront/item.imported",
    id = "item-imported-{item_id}",
    version = "2026-11-21.1"
)]
struct ItemImported {
    /// The supplier's item number.
    item_id: String,
    sku: String,
    quantity: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let target = Target::from_env()?;
    println!("{}\n", target.describe());

    let item = ItemImported {
        item_id: "9f08sdh84".into(),
        sku: "MUG-BLUE".into(),
        quantity: 12,
    };
    // `client.send(&item)` would be enough. The batch is only there to show the JSON.
    let mut batch = Batch::new();
    batch.push(&item)?;
    for json in batch.events() {
        println!("the event\n{json}\n");
    }
    let receipts = target.client.send_batch(batch).await?;
    for receipt in &receipts {
        println!("the receipt");
        println!("event id          {}", receipt.event_id);
        println!(
            "deduplication id  {}\n",
            receipt.dedup_id.as_deref().unwrap_or("none")
        );
    }

    let again = target.client.send(&item).await?;
    println!("the same item again");
    println!("event id          {}", again.event_id);
    println!(
        "deduplication id  {}",
        again.dedup_id.as_deref().unwrap_or("none")
    );
    match &target.embedded {
        Some(server) => println!(
            "{} events received, functions run for {}\n",
            server.events().len(),
            server.runs().len()
        ),
        None => println!("for 24 hours the server runs no function for this id\n"),
    }

    println!(
        "the schema\n{}",
        serde_json::to_string_pretty(&ItemImported::schema())?
    );
    Ok(())
}
