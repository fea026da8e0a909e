#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! `crate` gives the path of the crate.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}", crate = ::inngest_core)]
struct ItemImported {
    item_id: String,
}

fn main() {}
