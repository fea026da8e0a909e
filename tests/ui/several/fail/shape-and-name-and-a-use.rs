use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "ItemImported")]
struct ItemImported(String);

fn main() {
    let item = ItemImported(String::new());
    let _ = (item.dedup_id(), item.payload(), ItemImported::NAME);
}
