#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code, clippy::non_minimal_cfg)]
//! Fields behind `cfg`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    #[cfg(all())]
    item_id: u64,
    #[cfg(any())]
    item_id: String,
    #[cfg(any())]
    #[event(ts)]
    made_at: Missing,
}

fn main() {
    let item = ItemImported { item_id: 7 };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-7");
}
