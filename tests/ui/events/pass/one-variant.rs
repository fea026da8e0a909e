#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! One event.

use inngest_receive::Events;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported", version = "2026-11-21.1")]
struct ItemImported {
    item_id: String,
}

#[derive(Events)]
enum ShopEvent {
    ItemImported(ItemImported),
}

fn main() {
    assert_eq!(ShopEvent::NAMES, ["shop/item.imported"]);
    let event = r#"{"data":{"item_id":"7"},"id":"1","name":"shop/item.imported","ts":5,"user":{},"v":"2026-11-21.1"}"#;
    let ShopEvent::ItemImported(item) = inngest_receive::decode(event).unwrap();
    assert_eq!(item.item_id, "7");
}
