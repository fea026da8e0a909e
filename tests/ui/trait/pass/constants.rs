#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! The constants of an event.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}", version = "2026-11-21.1")]
struct ItemImported {
    item_id: String,
}

const _: () = assert!(ItemImported::NAME.len() == 24 && ItemImported::VERSION.is_some());

fn main() {
    assert_eq!(ItemImported::ID_TEMPLATE, Some("item-imported-{item_id}"));
}
