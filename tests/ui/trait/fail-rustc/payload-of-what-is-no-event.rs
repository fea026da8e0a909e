struct ItemImported {
    item_id: String,
}

fn main() {
    let item = ItemImported { item_id: String::new() };
    drop(inngest_core::Payload::new(&item));
}
