#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A time behind an alias.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

type Millis = i64;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(ts)]
    made_at: Millis,
}

fn main() {}
