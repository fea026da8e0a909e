#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Older versions convert in steps.

use inngest_receive::{Events, Received};

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

mod v3 {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "shop/item.imported", version = "2026-03-01.1")]
    pub(crate) struct ItemImported {
        pub(crate) c: String,
    }
}

impl From<v1::ItemImported> for v2::ItemImported {
    fn from(older: v1::ItemImported) -> Self {
        Self { b: older.a }
    }
}

impl From<v2::ItemImported> for v3::ItemImported {
    fn from(older: v2::ItemImported) -> Self {
        Self { c: older.b }
    }
}

impl From<v3::ItemImported> for ItemImported {
    fn from(older: v3::ItemImported) -> Self {
        Self { item_id: older.c }
    }
}

#[derive(Events)]
enum ShopEvent {
    #[events(from(v1::ItemImported, v2::ItemImported, v3::ItemImported))]
    ItemImported(Received<Box<ItemImported>>),
}

fn main() {
    for event in [
        r#"{"data":{"c":"7"},"id":"1","name":"shop/item.imported","ts":5,"user":{},"v":"2026-03-01.1"}"#,
        r#"{"data":{"b":"7"},"id":"1","name":"shop/item.imported","ts":5,"user":{},"v":"2026-02-01.1"}"#,
        r#"{"data":{"a":"7"},"id":"1","name":"shop/item.imported","ts":5,"user":{},"v":"2026-01-01.1"}"#,
    ] {
        let ShopEvent::ItemImported(item) = inngest_receive::decode(event).unwrap();
        assert_eq!(item.data.item_id, "7");
        assert!(item.version.unwrap() < "2026-04".to_owned());
    }
}
