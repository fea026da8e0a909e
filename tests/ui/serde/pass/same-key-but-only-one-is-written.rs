#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Fields with the same key, but at most one of them is written.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
#[serde(tag = "type", rename_all = "camelCase")]
struct ItemImported {
    #[serde(rename = "sku", skip)]
    hidden: u8,
    #[serde(rename = "sku", skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    #[serde(rename = "sku", skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(rename = "itemId")]
    id: u64,
    item_type: u8,
    kind: u8,
}

fn main() {}
