use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", allow(nonstandard_name))]
struct ItemImported {
    item_id: String,
}

fn main() {}
