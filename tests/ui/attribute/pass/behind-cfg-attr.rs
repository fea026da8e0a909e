#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! An attribute that `cfg_attr` adds.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[cfg_attr(all(), event(name = "storefront/item.imported"))]
struct ItemImported {
    item_id: String,
}

fn main() {}
