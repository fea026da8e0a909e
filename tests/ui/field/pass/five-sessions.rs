#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! The maximum number of sessions.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(session)]
    a: String,
    #[event(session)]
    b: &'static str,
    #[event(session)]
    c: u64,
    #[event(session)]
    d: Option<i32>,
    #[event(session)]
    e: std::borrow::Cow<'static, str>,
}

fn main() {}
