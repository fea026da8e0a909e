#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! An optional time.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(ts)]
    made_at: Option<i64>,
}

fn main() {}
