#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A variant with a raw name.

use inngest_core::Event;
use inngest_core::IdPart;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: Channel,
}

#[derive(Serialize, JsonSchema, IdPart)]
#[allow(non_camel_case_types)]
enum Channel { r#type, Web }

fn main() {
    let item = ItemImported { item_id: Channel::r#type };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-type");
}
