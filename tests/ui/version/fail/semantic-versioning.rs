use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", version = "1.2.3")]
struct ItemImported {
    item_id: String,
}

fn main() {}
