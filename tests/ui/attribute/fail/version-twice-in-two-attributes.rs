use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", version = "2026-11-21.1")]
#[event(version = "2026-11-21.2")]
struct ItemImported {
    item_id: String,
}

fn main() {}
