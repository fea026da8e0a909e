#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A newtype with a const parameter.

use inngest_core::{Batch, Event, SessionField};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(session)]
    visit: Key<4>,
}

#[derive(Serialize, JsonSchema, SessionField)]
struct Key<const N: usize>(u64);

fn main() {
    let item = ItemImported { visit: Key(7) };
    let mut batch = Batch::new();
    batch.push(&item).unwrap();
    let event = batch.events().next().unwrap();
    assert!(event.contains(r#""sessions":{"visit":7}"#));
}
