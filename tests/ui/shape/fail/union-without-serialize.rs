use inngest_core::Event;

#[derive(Event)]
#[event(name = "storefront/item.imported")]
union ItemImported {
    item_id: u64,
}

fn main() {}
