#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
#![allow(unused_parens)]
//! Field types in unusual spellings.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

macro_rules! number {
    () => { u64 };
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{a}-{b}-{c}")]
struct ItemImported {
    a: number!(),
    b: (u64),
    c: <Vec<u64> as IntoIterator>::Item,
}

fn main() {}
