#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A path into a tuple.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{line.0}-{line.1}")]
struct ItemImported {
    line: (u64, bool),
}

fn main() {
    let item = ItemImported { line: (1, true) };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-1-true");
}
