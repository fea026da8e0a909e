use inngest_receive::Events;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported", version = "2026-11-21.1")]
pub struct ItemImported {
    pub item_id: String,
}

mod v1 {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "shop/item.imported", version = "2026-01-01.1")]
    pub struct ItemImported {
        pub item: String,
    }
}

#[derive(Events)]
enum ShopEvent {
    #[events(any_version)]
    ItemImported(ItemImported),
    #[events(any_version)]
    Again(v1::ItemImported),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
