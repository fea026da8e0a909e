#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! The types that a variant can hold.

use inngest_receive::{Events, RawReceived, Received};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported", version = "2026-11-21.1")]
struct ItemImported {
    item_id: String,
}

mod v1 {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "shop/item.imported", version = "1", allow(nonstandard_version))]
    pub(crate) struct ItemImported {
        pub(crate) item_id: String,
    }
}

mod v2 {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "shop/item.imported", version = "2", allow(nonstandard_version))]
    pub(crate) struct ItemImported {
        pub(crate) item_id: String,
    }
}

mod v3 {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "shop/item.imported", version = "3", allow(nonstandard_version))]
    pub(crate) struct ItemImported {
        pub(crate) item_id: String,
    }
}

#[derive(Events)]
enum ShopEvent {
    Boxed(Box<ItemImported>),
    Received(Received<v1::ItemImported>),
    BoxInReceived(Received<Box<v2::ItemImported>>),
    ReceivedInBox(Box<Received<v3::ItemImported>>),
    #[events(other)]
    Other(Box<RawReceived>),
}

fn main() {
    assert_eq!(ShopEvent::NAMES, ["shop/item.imported"]);
}
