#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Field names in any alphabet.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{größe}-{数}")]
struct ItemImported {
    größe: u64,
    数: u64,
}

fn main() {
    let item = ItemImported { größe: 1, 数: 2 };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-1-2");
}
