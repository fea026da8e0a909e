#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Signed integers, which may begin with `-`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{a}-{b}")]
struct ItemImported {
    a: i64,
    b: i8,
}

fn main() {
    let item = ItemImported { a: -1, b: -2 };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported--1--2");
}
