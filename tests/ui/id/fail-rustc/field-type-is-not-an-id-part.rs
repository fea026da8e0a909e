use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{tags}")]
struct ItemImported {
    tags: Vec<String>,
}

fn main() {}
