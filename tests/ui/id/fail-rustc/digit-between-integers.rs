use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}0{line}")]
struct ItemImported {
    item_id: u64,
    line: u64,
}

fn main() {}
