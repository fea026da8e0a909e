#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! The time of the standard library.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(ts)]
    made_at: std::time::SystemTime,
}

fn main() {}
