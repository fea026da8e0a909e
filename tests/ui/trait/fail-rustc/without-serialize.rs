use inngest_core::Event;
use schemars::JsonSchema;

#[derive(JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    item_id: String,
}

fn main() {}
