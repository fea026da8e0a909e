use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}-{sku}")]
struct ItemImported<'a> {
    item_id: &'a str,
    sku: &'a str,
}

fn main() {}
