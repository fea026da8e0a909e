use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", crate = ::inngest_core)]
#[event(crate = ::inngest_core)]
struct ItemImported {
    item_id: String,
}

fn main() {}
