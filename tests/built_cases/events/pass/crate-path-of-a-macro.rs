#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A macro names the crate through `$crate`.

mod receive {
    pub(crate) use inngest_receive::*;
}

mod inngest_receive_of_another {}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "storefront/item.imported", version = "2026-11-21.1")]
struct ItemImported {
    item_id: u64,
}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "storefront/item.imported")]
struct Older {
    item: u64,
}

impl From<Older> for ItemImported {
    fn from(older: Older) -> Self {
        Self { item_id: older.item }
    }
}

macro_rules! events {
    ($ident:ident) => {
        #[derive($crate::receive::Events)]
        #[events(crate = $crate::receive)]
        enum $ident {
            #[events(from(Older))]
            ItemImported(ItemImported),
            #[events(other)]
            Other($crate::receive::RawReceived),
        }
    };
}

events!(ShopEvent);

fn main() {
    let event = r#"{"data":{"item":7},"name":"storefront/item.imported"}"#;
    let ShopEvent::ItemImported(item) = inngest_receive::decode(event).unwrap() else {
        panic!()
    };
    assert_eq!(item.item_id, 7);
    assert_eq!(receive::triggers!(ShopEvent, "storefront/*"), ["storefront/*"]);
}
