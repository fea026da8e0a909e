#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A number contains no slash.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}/{delta}")]
struct ItemImported {
    item_id: String,
    delta: i64,
}

fn main() {
    let item = ItemImported { item_id: "a-".to_owned(), delta: -1 };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-a-/-1");
}
