#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Lifetimes.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported<'a, 'b: 'a> {
    item_id: &'a str,
    note: &'b str,
}

fn main() {
    let item = ItemImported { item_id: "x", note: "" };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-x");
}
