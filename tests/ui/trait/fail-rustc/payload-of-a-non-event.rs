struct ItemImported {
    item_id: String,
}

fn main() {
    let item = ItemImported { item_id: String::new() };
    let _ = inngest_core::Payload::new(&item);
}
