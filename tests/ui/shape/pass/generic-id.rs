#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! The type of the id is a parameter.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported<T> {
    item_id: T,
}

fn main() {
    let item = ItemImported { item_id: 7_u8 };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-7");
}
