use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{sku}{weight}")]
struct ItemImported {
    sku: Option<String>,
    weight: f64,
}

fn main() {}
