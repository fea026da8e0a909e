use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    item_id: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.changed")]
enum ItemChanged {
    Imported(ItemImported),
}

fn main() {}
