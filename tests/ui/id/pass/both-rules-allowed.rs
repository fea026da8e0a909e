#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! An id that is neither scoped nor unambiguous, with `allow`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "{item_id}-{sku}", allow(unscoped_id, ambiguous_id))]
struct ItemImported {
    item_id: String,
    sku: String,
}

fn main() {}
