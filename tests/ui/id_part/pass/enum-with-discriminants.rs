#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! An enum with numbers.

use inngest_core::Event;
use inngest_core::IdPart;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: Channel,
}

#[derive(Serialize, JsonSchema, IdPart)]
#[repr(u8)]
enum Channel { Web = 1, Shop = 9 }

fn main() {
    let item = ItemImported { item_id: Channel::Shop };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-shop");
}
