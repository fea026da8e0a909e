struct ItemImported {
    item_id: String,
}

async fn send(client: &inngest_core::Client, item: &ItemImported) {
    let _ = client.send(item).await;
}

fn main() {}
