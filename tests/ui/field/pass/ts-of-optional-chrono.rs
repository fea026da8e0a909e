#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! An optional time of `chrono`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(ts)]
    #[serde(skip)]
    made_at: Option<chrono::DateTime<chrono::FixedOffset>>,
}

fn main() {}
