#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Templates contain the Rust names of fields.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[serde(rename_all = "camelCase")]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: u64,
    made_at: i64,
}

fn main() {}
