#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A user that is borrowed.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported<'a> {
    #[event(user)]
    #[serde(skip)]
    supplier: &'a Supplier,
}

#[derive(Serialize, JsonSchema)]
struct Supplier {
    external_id: String,
}

fn main() {}
