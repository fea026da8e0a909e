use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "imported-{item_id}")]
struct ItemImported {
    item_id: String,
    sku: u64,
}

fn main() {}
