#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A path through a field whose type has a parameter.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item.number}")]
struct ItemImported<T> {
    item: Item<T>,
    note: T,
}

#[derive(Serialize, JsonSchema)]
struct Item<T> { number: u64, note: T }

fn main() {
    let item = ItemImported { item: Item { number: 7, note: "" }, note: "" };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-7");
}
