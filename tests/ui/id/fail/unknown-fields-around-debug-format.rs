use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{itemId}-{item_id:?}-{itemNumber}")]
struct ItemImported {
    item_id: String,
}

fn main() {}
