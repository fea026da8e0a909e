#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A struct behind `cfg`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[cfg(any())]
#[derive(Event)]
#[event(nmae = "x")]
struct ItemImported;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    item_id: String,
}

fn main() {}
