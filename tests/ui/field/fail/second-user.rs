use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(user)]
    #[serde(skip)]
    buyer: Supplier,
    #[event(user)]
    #[serde(skip)]
    seller: Supplier,
}

#[derive(Serialize, JsonSchema)]
struct Supplier {
    external_id: String,
}

fn main() {}
