#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! The struct's name in `data`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[serde(tag = "type")]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: u64,
}

fn main() {}
