use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}x{line}x{sku}")]
struct ItemImported {
    item_id: String,
    line: u64,
    sku: String,
}

fn main() {}
