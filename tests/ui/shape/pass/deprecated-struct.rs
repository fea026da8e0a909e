#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A deprecated event.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[deprecated]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: String,
}

fn main() {}
