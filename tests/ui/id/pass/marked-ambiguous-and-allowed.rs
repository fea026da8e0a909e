#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Marked fields that are ambiguous together, with `allow`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", allow(ambiguous_id))]
struct ItemImported {
    #[event(id)]
    item_id: String,
    #[event(id)]
    sku: String,
}

fn main() {}
