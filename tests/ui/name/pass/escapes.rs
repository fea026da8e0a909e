#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Escape sequences are decoded.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item\u{2e}imported")]
struct ItemImported {
    item_id: String,
}

fn main() {
    assert_eq!(ItemImported::NAME, "storefront/item.imported");
}
