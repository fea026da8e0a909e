use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(session)]
    order: Item,
}

#[derive(Serialize, JsonSchema)]
struct Item {
    number: u64,
}

fn main() {}
