#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! An id that begins with other text, with `allow`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "{item_id}", allow(unscoped_id))]
struct ItemImported {
    item_id: String,
}

fn main() {
    let item = ItemImported { item_id: "x".to_owned() };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "x");
}
