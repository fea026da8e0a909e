#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Templates contain raw identifiers without `r#`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{type}-{item.match}")]
struct ItemImported {
    r#type: u64,
    item: Item,
}

#[derive(Serialize, JsonSchema)]
struct Item {
    r#match: u64,
}

fn main() {
    let item = ItemImported { r#type: 1, item: Item { r#match: 2 } };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-1-2");
}
