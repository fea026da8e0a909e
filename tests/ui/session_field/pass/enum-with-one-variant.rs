#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! An enum with one variant.

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
enum Channel {
    Web,
}

fn main() {
    let item = ItemImported { visit: Channel::Web };
    let mut batch = Batch::new();
    batch.push(&item).unwrap();
    let event = batch.events().next().unwrap();
    assert!(event.contains(r#""sessions":{"visit":"web"}"#));
}
