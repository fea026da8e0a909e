use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

type Weight = f64;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{weight}")]
struct ItemImported {
    weight: Weight,
}

fn main() {}
