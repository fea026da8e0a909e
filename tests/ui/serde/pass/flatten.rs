#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Fields of another struct in `data`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: u64,
    #[serde(flatten)]
    item: Item,
}

#[derive(Serialize, JsonSchema)]
struct Item {
    sku: String,
}

fn main() {}
