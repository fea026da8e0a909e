#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A struct with one named field.

use inngest_core::Event;
use inngest_core::IdPart;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: ItemId,
}

#[derive(Serialize, JsonSchema, IdPart)]
struct ItemId {
    number: u64,
}

fn main() {
    let item = ItemImported { item_id: ItemId { number: 7 } };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-7");
}
