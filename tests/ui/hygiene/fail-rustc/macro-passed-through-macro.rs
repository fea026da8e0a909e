use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

macro_rules! event {
    ($ident:ident, $name:expr) => {
        #[derive(Serialize, JsonSchema, Event)]
        #[event(name = $name)]
        struct $ident {
            item_id: String,
        }
    };
}

event!(ItemImported, concat!("storefront/", "item.imported"));

fn main() {}
