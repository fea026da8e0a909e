use inngest_core::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    item_id: String,
}

fn main() {}
