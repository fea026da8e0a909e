#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Each attribute may end in a comma.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported",)]
#[event(version = "2026-11-21.1",)]
struct ItemImported {
    #[event(id,)]
    #[event(session = "item",)]
    item_id: String,
}

fn main() {}
