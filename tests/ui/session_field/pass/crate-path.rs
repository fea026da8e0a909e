#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! `crate` gives the path of the crate.

use inngest_core::{Batch, Event, SessionField};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(session)]
    visit: VisitId,
}

#[derive(Serialize, JsonSchema, SessionField)]
#[session_field(crate = ::inngest_core)]
struct VisitId(u64);

fn main() {
    let item = ItemImported { visit: VisitId(7) };
    let mut batch = Batch::new();
    batch.push(&item).unwrap();
    let event = batch.events().next().unwrap();
    assert!(event.contains(r#""sessions":{"visit":7}"#));
}
