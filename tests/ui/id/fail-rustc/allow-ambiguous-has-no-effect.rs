use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}", allow(ambiguous_id))]
struct ItemImported {
    item_id: String,
}

fn main() {}
