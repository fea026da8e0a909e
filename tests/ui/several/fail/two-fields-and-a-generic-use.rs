use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported<T> {
    #[event(ts = 1)]
    item_id: T,
    #[event(sku)]
    sku: String,
}

fn main() {
    let item = ItemImported { item_id: 1_u64, sku: String::new() };
    inngest_core::Batch::new().push(item).unwrap();
}
