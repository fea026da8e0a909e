#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A string between parts of fixed length.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{a}-{b}-{c}")]
struct ItemImported {
    #[serde(skip)]
    a: uuid::Uuid,
    b: String,
    c: char,
}

fn main() {
    let item = ItemImported { a: uuid::Uuid::nil(), b: "-".to_owned(), c: '-' };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-00000000-0000-0000-0000-000000000000----");
}
