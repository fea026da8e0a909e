use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
#[serde(into = "String")]
struct ItemImported {
    item_id: String,
}

impl From<ItemImported> for String {
    fn from(item: ItemImported) -> Self {
        item.item_id
    }
}

fn main() {}
