use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

macro_rules! event {
    ($ident:ident, $name:literal) => {
        #[derive(Serialize, JsonSchema, Event)]
        #[event(name = $name)]
        struct $ident {
            item_id: String,
        }
    };
}

event!(ItemImported, "ItemImported");

fn main() {}
