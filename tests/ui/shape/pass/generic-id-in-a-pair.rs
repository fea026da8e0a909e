#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Unambiguous for the type that is used.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}-{sku}")]
struct ItemImported<T> {
    item_id: T,
    sku: String,
}

fn main() {
    let item = ItemImported { item_id: 7_u8, sku: "x".to_owned() };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-7-x");
}
