use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "Item Imported", version = "1", allow(unscoped), krate = ::x)]
struct ItemImported {
    #[event(id = "x")]
    item_id: String,
    #[event(session = "")]
    order_id: String,
}

fn main() {}
