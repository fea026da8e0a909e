#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A raw string literal.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = r#"storefront/item.imported"#)]
struct ItemImported {
    item_id: String,
}

fn main() {
    assert_eq!(ItemImported::NAME, "storefront/item.imported");
}
