use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

macro_rules! event {
    ($name:meta, $id:meta, $type:ident, $field:ident: $of:ty) => {
        #[derive(Serialize, JsonSchema, Event)]
        #[event($name, $id)]
        struct $type {
            $field: $of,
        }
    };
}

event!(
    name = "storefront/item.imported",
    id = "item-imported-{item_id}",
    ItemImported,
    item_id: String
);

fn main() {
    let event = ItemImported {
        item_id: "42".to_owned(),
    };
    assert_eq!(ItemImported::NAME, "storefront/item.imported");
    assert_eq!(event.dedup_id().unwrap().as_deref(), Some("item-imported-42"));
}
