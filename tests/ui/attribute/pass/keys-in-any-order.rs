#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Keys come in any order.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(version = "1", allow(nonstandard_version), id = "item-imported-{item_id}", name = "storefront/item.imported")]
struct ItemImported {
    item_id: String,
}

fn main() {}
