#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A deprecated field with every meaning.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[deprecated]
    #[event(id, ts, session)]
    made_at: i64,
    #[deprecated]
    #[event(user)]
    #[serde(skip)]
    supplier: Option<Supplier>,
}

#[derive(Serialize, JsonSchema)]
struct Supplier {
    external_id: String,
}

fn main() {}
