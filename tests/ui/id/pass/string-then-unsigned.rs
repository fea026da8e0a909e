#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! The integer is read from the right.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}-{line}")]
struct ItemImported {
    item_id: String,
    line: u64,
}

fn main() {
    let item = ItemImported { item_id: "a-1".to_owned(), line: 2 };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-a-1-2");
}
