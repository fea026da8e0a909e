use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

macro_rules! event {
    ($name:ident { $($field:ident: $ty:ty),* }) => {
        #[derive(Serialize, JsonSchema, Event)]
        #[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
        struct $name {
            $($field: $ty),*
        }
    };
}

event!(ItemImported { item_id: Option<String> });

fn main() {}
