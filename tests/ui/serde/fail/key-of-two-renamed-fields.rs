use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
#[serde(rename_all = "camelCase")]
struct ItemImported {
    #[serde(rename = "sku")]
    item_code: String,
    #[serde(rename = "sku")]
    shop_code: String,
}

fn main() {}
