use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::SystemTime;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{tags}-{made_at}")]
struct ItemImported {
    tags: Vec<String>,
    made_at: SystemTime,
}

fn main() {}
