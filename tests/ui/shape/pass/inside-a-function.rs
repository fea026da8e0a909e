#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! An event inside a function.

use inngest_core::Event;

fn main() {
    #[derive(serde::Serialize, schemars::JsonSchema, Event)]
    #[event(name = "storefront/item.imported")]
    struct ItemImported {
        #[event(id)]
        item_id: u64,
    }
    let item = ItemImported { item_id: 7 };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-7");
}
