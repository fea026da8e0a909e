#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A documented public event.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Debug, Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
/// An item came in.
pub struct ItemImported {
    /// Its number.
    pub item_id: u64,
    /// When it came.
    #[event(ts)]
    pub made_at: i64,
}

fn main() {}
