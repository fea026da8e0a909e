use inngest_receive::Events;

#[derive(serde::Deserialize)]
pub struct ItemImported {
    pub item_id: String,
}

#[derive(Events)]
enum ShopEvent {
    ItemImported(ItemImported),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
