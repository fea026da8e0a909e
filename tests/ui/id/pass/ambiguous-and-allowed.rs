#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! An ambiguous id, with `allow`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}-{sku}", allow(ambiguous_id))]
struct ItemImported {
    item_id: String,
    sku: String,
}

fn main() {}
