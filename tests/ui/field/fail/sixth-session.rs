use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    #[event(session)]
    a: String,
    #[event(session)]
    b: String,
    #[event(session)]
    c: String,
    #[event(session)]
    d: String,
    #[event(session)]
    e: String,
    #[event(session)]
    f: String,
}

fn main() {}
