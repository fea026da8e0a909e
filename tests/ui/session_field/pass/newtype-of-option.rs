#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A newtype of an `Option`, also with `clear_if_none`.

use inngest_core::{Batch, Event, OptionalSessionField, SessionField};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(session)]
    visit: VisitId,
    #[event(session = "cleared", clear_if_none)]
    other: VisitId,
}

#[derive(Serialize, JsonSchema, SessionField)]
struct VisitId(Option<u64>);

impl OptionalSessionField for VisitId {}

fn main() {
    let item = ItemImported { visit: VisitId(None), other: VisitId(None) };
    let mut batch = Batch::new();
    batch.push(&item).unwrap();
    let event = batch.events().next().unwrap();
    assert!(event.contains(r#""sessions":{"cleared":null}"#));
}
