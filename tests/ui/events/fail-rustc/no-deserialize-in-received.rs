use inngest_receive::{Events, Received};

#[derive(serde::Serialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported")]
pub struct ItemImported {
    pub item_id: String,
}

#[derive(Events)]
enum ShopEvent {
    ItemImported(Received<ItemImported>),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
