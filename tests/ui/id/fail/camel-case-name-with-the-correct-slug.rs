use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "Storefront/ItemImported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: String,
}

fn main() {}
