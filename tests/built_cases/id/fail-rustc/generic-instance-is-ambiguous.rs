use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}-{sku}")]
struct ItemImported<T> {
    item_id: T,
    sku: String,
}

fn main() {
    let item = ItemImported { item_id: String::new(), sku: String::new() };
    let _ = item.dedup_id();
}
