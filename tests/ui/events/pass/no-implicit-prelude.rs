#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
#![allow(non_snake_case, non_upper_case_globals)]
//! Without the prelude, among names like ours.

#[derive(::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema, ::inngest_core::Event)]
#[event(name = "shop/item.imported", version = "2026-11-21.1")]
struct ItemImported {
    item_id: u8,
}

#[derive(::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema, ::inngest_core::Event)]
#[event(name = "shop/item.imported")]
struct Older {
    item: u8,
}

impl From<Older> for ItemImported {
    fn from(older: Older) -> Self {
        Self { item_id: older.item }
    }
}

mod bare {
    #![no_implicit_prelude]

    struct Option;
    struct Result;
    struct Vec;
    struct Box;
    struct Received;
    struct EventParts;
    trait Events {}
    trait From {}
    fn Some() {}
    fn Ok() {}
    fn Err() {}
    mod core {}
    mod std {}
    mod inngest_receive {}
    mod derive_support {}

    #[derive(::inngest_receive::Events)]
    pub(crate) enum ShopEvent {
        #[events(from(super::Older))]
        Some(::inngest_receive::Received<super::ItemImported>),
        #[events(other)]
        None(::inngest_receive::RawReceived),
    }
}

fn main() {
    let event = r#"{"data":{"item":7},"id":"1","name":"shop/item.imported","ts":5,"user":{}}"#;
    let event: bare::ShopEvent = inngest_receive::decode(event).unwrap();
    assert!(matches!(event, bare::ShopEvent::Some(received) if received.data.item_id == 7));
}
