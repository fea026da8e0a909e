use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{line.2}")]
struct ItemImported {
    line: (u64, u64),
}

fn main() {}
