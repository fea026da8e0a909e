use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", allow(unchecked_schema))]
struct ItemImported {
    sku: String,
}

fn main() {}
