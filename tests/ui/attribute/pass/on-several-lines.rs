#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A list over several lines.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(
    name = "storefront/item.imported",
    id = "item-imported-{item_id}",
    version = "2026-11-21.1",
)]
struct ItemImported {
    item_id: String,
}

fn main() {}
