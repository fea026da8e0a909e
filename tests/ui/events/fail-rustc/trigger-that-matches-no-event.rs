use inngest_receive::{Events, triggers};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported", version = "2026-11-21.1")]
pub struct ItemImported {
    pub item_id: String,
}

#[derive(Events)]
enum ShopEvent {
    ItemImported(ItemImported),
}

fn main() {
    let _ = triggers!(ShopEvent, "shop/*", "shop/items.*");
}
