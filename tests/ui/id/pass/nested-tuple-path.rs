#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A path into a tuple of a nested field.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item.line.0}")]
struct ItemImported {
    item: Item,
}

#[derive(Serialize, JsonSchema)]
struct Item {
    number: u64,
    line: (u64, bool),
}

fn main() {
    let item = ItemImported { item: Item { number: 7, line: (1, true) } };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-1");
}
