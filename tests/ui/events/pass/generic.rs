#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Enums with parameters.

use inngest_receive::{Events, RawReceived, Received};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/thing.changed")]
struct Changed<T> {
    thing: T,
}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported", version = "2026-11-21.1")]
struct ItemImported {
    item_id: String,
}

#[derive(Events)]
enum ShopEvent<T, const N: usize>
where
    T: Clone,
{
    Changed(Received<Changed<T>>),
    ItemImported(ItemImported),
    #[events(other)]
    Other(RawReceived),
}

fn main() {
    let event = r#"{"data":{"thing":7},"id":"1","name":"shop/thing.changed","ts":5,"user":{}}"#;
    let ShopEvent::<u8, 1>::Changed(changed) = inngest_receive::decode(event).unwrap() else {
        panic!()
    };
    assert_eq!(changed.data.thing, 7);
    let text = inngest_receive::decode::<ShopEvent<String, 1>>(event);
    assert_eq!(text.err().unwrap().path(), "data.thing");
}
