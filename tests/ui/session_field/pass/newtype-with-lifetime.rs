#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A newtype of a reference.

use inngest_core::{Batch, Event, SessionField};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported<'a> {
    #[event(session)]
    visit: Key<'a>,
}

#[derive(Serialize, JsonSchema, SessionField)]
struct Key<'a>(&'a str);

fn main() {
    let item = ItemImported { visit: Key("x") };
    let mut batch = Batch::new();
    batch.push(&item).unwrap();
    let event = batch.events().next().unwrap();
    assert!(event.contains(r#""sessions":{"visit":"x"}"#));
}
