use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(ts)]
    made_at: i64,
    #[event(ts)]
    sold_at: i64,
    #[event(ts)]
    sent_at: i64,
}

fn main() {}
