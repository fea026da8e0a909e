#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A session field of an enum type prints the variant in snake case.

use inngest_core::{Batch, Event, SessionField};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(session)]
    visit: Channel,
}

#[derive(Serialize, JsonSchema, SessionField)]
enum Channel { Web, PointOfSale }

fn main() {
    let item = ItemImported { visit: Channel::PointOfSale };
    let mut batch = Batch::new();
    batch.push(&item).unwrap();
    let event = batch.events().next().unwrap();
    assert!(event.contains(r#""sessions":{"visit":"point_of_sale"}"#));
}
