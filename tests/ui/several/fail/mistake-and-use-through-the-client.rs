use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "ItemImported")]
struct ItemImported {
    item_id: String,
}

fn main() {
    let client = inngest_core::Client::from_env().unwrap();
    drop(client.send(ItemImported { item_id: String::new() }));
    drop(client.send_many([ItemImported { item_id: String::new() }]));
}
