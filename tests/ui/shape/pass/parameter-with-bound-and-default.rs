#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A parameter with a bound and a default.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported<T: Clone = u64> {
    #[event(session)]
    item_id: T,
    #[event(ts)]
    made_at: Option<T>,
}

fn main() {}
