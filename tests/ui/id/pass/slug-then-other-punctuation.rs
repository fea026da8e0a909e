#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Any punctuation ends the slug.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported:{item_id}")]
struct ItemImported {
    item_id: String,
}

fn main() {
    let item = ItemImported { item_id: "x".to_owned() };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported:x");
}
