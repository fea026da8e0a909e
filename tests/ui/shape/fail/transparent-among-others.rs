use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Default, Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
#[serde(default, transparent)]
struct ItemImported {
    item_id: String,
}

fn main() {}
