use inngest_core::Event;

#[derive(Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {
    item_id: String,
}

fn main() {}
