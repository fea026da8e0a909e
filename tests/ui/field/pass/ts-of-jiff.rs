#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A time of `jiff`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(ts)]
    #[serde(skip)]
    made_at: jiff::Timestamp,
}

fn main() {}
