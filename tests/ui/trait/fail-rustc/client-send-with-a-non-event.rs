struct ItemImported {
    item_id: String,
}

fn main() {
    let item = ItemImported { item_id: String::new() };
    let client = inngest_core::Client::from_env().unwrap();
    let _ = client.send(&item);
}
