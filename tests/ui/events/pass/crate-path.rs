#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! The path of the crate.

mod events {
    pub(crate) use inngest_receive::*;
}

use events::Events;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported", version = "2026-11-21.1")]
struct ItemImported {
    item_id: String,
}

mod v1 {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "shop/item.imported", version = "2026-01-01.1")]
    pub(crate) struct ItemImported {
        pub(crate) a: String,
    }
}

impl From<v1::ItemImported> for ItemImported {
    fn from(older: v1::ItemImported) -> Self {
        Self { item_id: older.a }
    }
}

#[derive(Events)]
#[events(crate = ::inngest_receive)]
enum ShopEvent {
    #[events(from(v1::ItemImported))]
    ItemImported(ItemImported),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
}
