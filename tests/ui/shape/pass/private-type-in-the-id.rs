#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A private type in a public event's id.

use inngest_core::Event;
use inngest_core::IdPart;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
/// An item came in.
pub struct ItemImported {
    item_id: ItemId,
}

#[derive(Serialize, JsonSchema, IdPart)]
struct ItemId(u64);

fn main() {}
