#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A user with arbitrary keys.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(user)]
    #[serde(skip)]
    supplier: std::collections::BTreeMap<String, String>,
}

fn main() {}
