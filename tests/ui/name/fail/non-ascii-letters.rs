use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "café/été")]
struct ItemImported {
    item_id: String,
}

fn main() {}
