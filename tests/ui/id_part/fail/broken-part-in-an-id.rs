use inngest_core::{Event, IdPart};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, IdPart)]
enum Channel {
    Web,
    Partner(u64),
}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{channel}-{sku}")]
struct ItemImported {
    channel: Channel,
    sku: String,
}

fn main() {}
