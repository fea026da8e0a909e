use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", allow(unscoped_id))]
struct ItemImported {
    #[event(id)]
    item_id: String,
}

fn main() {}
