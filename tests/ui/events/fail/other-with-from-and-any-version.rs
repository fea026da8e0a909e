use inngest_receive::{Events, RawReceived};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported", version = "2026-11-21.1")]
pub struct ItemImported {
    pub item_id: String,
}

#[derive(Events)]
enum ShopEvent {
    #[events(any_version, other)]
    #[events(from(ItemImported))]
    Other(RawReceived),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
