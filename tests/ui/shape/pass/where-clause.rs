#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A where clause.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported<T>
where
    T: Clone + std::fmt::Debug, {
    item_id: u64,
    note: T,
}

fn main() {}
