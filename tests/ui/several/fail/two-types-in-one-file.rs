use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "ItemImported")]
struct ItemImported {
    item_id: String,
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "ItemSold")]
struct ItemSold {
    item_id: String,
}

fn main() {}
