use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

type Maybe = Option<u64>;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported {
    item_id: Maybe,
}

fn main() {}
