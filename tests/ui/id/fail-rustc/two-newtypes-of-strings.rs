use inngest_core::Event;
use inngest_core::IdPart;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}-{sku}")]
struct ItemImported {
    item_id: Text,
    sku: Text,
}

#[derive(Serialize, JsonSchema, IdPart)]
struct Text(String);

fn main() {}
