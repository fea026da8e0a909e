#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A newtype of a reference.

use inngest_core::Event;
use inngest_core::IdPart;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported<'a> {
    item_id: Key<'a>,
}

#[derive(Serialize, JsonSchema, IdPart)]
struct Key<'a>(&'a str);

fn main() {
    let item = ItemImported { item_id: Key("x") };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-x");
}
