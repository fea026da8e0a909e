#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A field that another function writes.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: u64,
    #[serde(serialize_with = "write")]
    #[schemars(with = "String")]
    made: std::time::Duration,
}

fn write<S: serde::Serializer>(made: &std::time::Duration, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&made.as_secs())
}

fn main() {}
