#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Marked fields are joined in their order.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(id)]
    line: u64,
    #[event(id)]
    item_id: String,
}

fn main() {
    let item = ItemImported { line: 1, item_id: "x".to_owned() };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-1-x");
}
