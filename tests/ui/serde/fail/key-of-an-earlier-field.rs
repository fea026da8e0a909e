use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    sku: String,
    #[serde(rename(serialize = "sku"))]
    code: String,
}

fn main() {}
