#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A field that goes by another name in `data`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    #[serde(rename(serialize = "itemId"))]
    item_id: u64,
}

fn main() {}
