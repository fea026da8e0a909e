#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! An event that is also deserialized.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[serde(deny_unknown_fields)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: u64,
}

fn main() {}
