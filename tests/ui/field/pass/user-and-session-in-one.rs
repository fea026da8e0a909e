#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A field with several meanings.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(id, session, ts)]
    made_at: i64,
}

fn main() {}
