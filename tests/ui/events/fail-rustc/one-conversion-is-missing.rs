use inngest_receive::{Events, Received};

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

mod v0 {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "shop/item.imported", version = "2025-01-01.1")]
    pub struct ItemImported {
        pub item: String,
    }
}

impl From<v1::ItemImported> for ItemImported {
    fn from(older: v1::ItemImported) -> Self {
        Self { item_id: older.item }
    }
}

#[derive(Events)]
enum ShopEvent {
    #[events(from(v1::ItemImported, v0::ItemImported))]
    ItemImported(Received<ItemImported>),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
    let _ = ShopEvent::NAMES;
}
