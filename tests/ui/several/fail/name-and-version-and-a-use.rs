use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "ItemImported", version = "1")]
struct ItemImported {
    item_id: String,
}

fn main() {
    let item = ItemImported { item_id: String::new() };
    let mut batch = inngest_core::Batch::new();
    batch.push(&item).unwrap();
    let _ = (item.dedup_id(), ItemImported::schema());
}
