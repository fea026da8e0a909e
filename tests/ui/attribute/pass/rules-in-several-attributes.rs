#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Each rule is allowed on its own.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "ItemImported", allow(nonstandard_name))]
#[event(version = "1", allow(nonstandard_version))]
struct ItemImported {
    item_id: String,
}

fn main() {}
