use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashMap;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{stock}")]
struct ItemImported {
    stock: HashMap<String, u64>,
}

fn main() {}
