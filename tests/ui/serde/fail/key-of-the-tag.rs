use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
#[serde(tag = "kind")]
struct ItemImported {
    kind: String,
}

fn main() {}
