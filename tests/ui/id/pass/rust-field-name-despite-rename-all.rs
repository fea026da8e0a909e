#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Templates contain the Rust names of fields.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: u64,
}

fn main() {
    let item = ItemImported { item_id: 7 };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-7");
}
