use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item}")]
struct ItemImported {
    item: Item,
}

#[derive(Serialize, JsonSchema)]
struct Item {
    tags: Vec<String>,
}

fn main() {}
