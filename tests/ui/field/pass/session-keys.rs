#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Sessions with explicit keys.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(session = "order id")]
    a: String,
    #[event(session = "größe")]
    b: u64,
    #[event(session = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk")]
    c: Option<String>,
    #[event(session)]
    r#type: Box<str>,
}

fn main() {}
