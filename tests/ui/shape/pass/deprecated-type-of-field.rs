#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A field of a deprecated type.

use inngest_core::Event;
use inngest_core::IdPart;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[allow(deprecated)]
    #[event(id)]
    item_id: ItemId,
}

#[deprecated]
#[derive(Serialize, JsonSchema, IdPart)]
struct ItemId(u64);

fn main() {}
