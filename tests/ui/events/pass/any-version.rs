#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Any version of an event.

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
        pub(crate) item_id: String,
    }
}

#[derive(Events)]
enum ShopEvent {
    #[events(any_version)]
    ItemImported(ItemImported),
    Old(v1::ItemImported),
}

fn main() {
    for (event, is_old) in [
        (r#"{"data":{"item_id":"7"},"id":"1","name":"shop/item.imported","ts":5,"user":{},"v":"3"}"#, false),
        (r#"{"data":{"item_id":"7"},"id":"1","name":"shop/item.imported","ts":5,"user":{}}"#, false),
        (r#"{"data":{"item_id":"7"},"id":"1","name":"shop/item.imported","ts":5,"user":{},"v":"2026-01-01.1"}"#, true),
    ] {
        let decoded: ShopEvent = inngest_receive::decode(event).unwrap();
        assert_eq!(matches!(decoded, ShopEvent::Old(_)), is_old);
    }
}
