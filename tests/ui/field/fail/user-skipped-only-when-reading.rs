use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(user)]
    #[serde(skip_deserializing)]
    supplier: Supplier,
}

#[derive(Serialize, JsonSchema, Default)]
struct Supplier {
    external_id: String,
}

fn main() {}
