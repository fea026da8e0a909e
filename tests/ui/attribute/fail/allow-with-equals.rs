use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", allow = "unscoped_id", id = "{item_id}")]
struct ItemImported {
    item_id: String,
}

fn main() {}
