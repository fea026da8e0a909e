#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A last field without a known size behind a reference.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported<'a, T: ?Sized> {
    item_id: u64,
    note: &'a T,
}

fn main() {
    let item = ItemImported::<str> { item_id: 7, note: "" };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-7");
}
