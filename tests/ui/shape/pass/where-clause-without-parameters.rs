use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
struct ItemImported
where
    String: Clone,
{
    item_id: String,
}

fn main() {
    let event = ItemImported {
        item_id: "42".to_owned(),
    };
    assert_eq!(event.dedup_id().unwrap().as_deref(), Some("item-imported-42"));
}
