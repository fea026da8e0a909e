use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "ItemImported")]
#[event(version = "1")]
struct ItemImported {
    item_id: String,
}

fn send<E: Event>(_: &E) {}

fn main() {
    send(&ItemImported { item_id: String::new() });
}
