#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! An enum with one variant.

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
enum Channel {
    Web,
}

fn main() {
    let item = ItemImported { item_id: Channel::Web };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-web");
}
