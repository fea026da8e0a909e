#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A user that is skipped.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(user)]
    #[serde(skip)]
    supplier: Supplier,
}

#[derive(Serialize, JsonSchema)]
struct Supplier {
    external_id: String,
}

fn main() {}
