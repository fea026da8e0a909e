#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A function over events.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    item_id: String,
}

fn name<E: Event>(_: &E) -> &'static str {
    E::NAME
}

fn main() {
    assert_eq!(name(&ItemImported { item_id: String::new() }), "storefront/item.imported");
}
