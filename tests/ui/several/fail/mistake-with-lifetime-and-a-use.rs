use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "ItemImported")]
struct ItemImported<'a> {
    item_id: &'a str,
}

fn main() {
    let item = ItemImported { item_id: "" };
    let _ = item.payload().id("x");
}
