#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Versions that convert both ways.

use inngest_receive::Events;

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

mod v2 {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "shop/item.imported", version = "2026-02-01.1")]
    pub(crate) struct ItemImported {
        pub(crate) b: String,
    }
}

impl From<v1::ItemImported> for v2::ItemImported {
    fn from(older: v1::ItemImported) -> Self {
        Self { b: older.a }
    }
}

impl From<v2::ItemImported> for v1::ItemImported {
    fn from(older: v2::ItemImported) -> Self {
        Self { a: older.b }
    }
}

impl From<v2::ItemImported> for ItemImported {
    fn from(older: v2::ItemImported) -> Self {
        Self { item_id: older.b }
    }
}

#[derive(Events)]
enum ShopEvent {
    #[events(from(v1::ItemImported, v2::ItemImported))]
    ItemImported(ItemImported),
}

fn main() {
    let event = r#"{"data":{"a":"7"},"id":"1","name":"shop/item.imported","ts":5,"user":{},"v":"2026-01-01.1"}"#;
    let ShopEvent::ItemImported(item) = inngest_receive::decode(event).unwrap();
    assert_eq!(item.item_id, "7");
}
