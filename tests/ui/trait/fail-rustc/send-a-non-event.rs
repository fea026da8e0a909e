struct ItemImported {
    item_id: String,
}

fn main() {
    let item = ItemImported { item_id: String::new() };
    let mut batch = inngest_core::Batch::new();
    let _ = batch.push(&item);
}
