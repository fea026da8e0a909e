#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Milliseconds since 1970.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(ts)]
    made_at: i64,
}

fn main() {}
