use inngest_core::Event;
use inngest_core::IdPart;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{one}_{two}")]
struct ItemImported {
    one: Channel,
    two: Channel,
}

#[derive(Serialize, JsonSchema, IdPart)]
enum Channel {
    Web,
    Shop,
}

fn main() {}
