#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Enums that macros define.

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

impl From<v1::ItemImported> for ItemImported {
    fn from(older: v1::ItemImported) -> Self {
        Self { item_id: older.a }
    }
}

macro_rules! as_item {
    ($item:item) => {
        #[derive(Events)]
        $item
    };
}

macro_rules! as_fragments {
    ($name:ident { $($variant:ident($ty:ty) from $older:ty),* } $other:ident: $raw:ty) => {
        #[derive(Events)]
        enum $name {
            $(
                #[events(from($older))]
                $variant($ty),
            )*
            #[events(other)]
            $other($raw),
        }
    };
}

macro_rules! as_tokens {
    ($name:ident { $($body:tt)* }) => {
        #[derive(inngest_receive::Events)]
        enum $name { $($body)* }
    };
}

macro_rules! with_meta {
    ($name:ident { $(#[$meta:meta])* $variant:ident($ty:ty) }) => {
        #[derive(Events)]
        enum $name {
            $(#[$meta])*
            $variant($ty),
        }
    };
}

macro_rules! with_crate {
    ($name:ident, $krate:path) => {
        #[derive(Events)]
        #[events(crate = $krate)]
        enum $name {
            ItemImported(ItemImported),
        }
    };
}

as_item! {
    enum AsItem {
        #[events(from(v1::ItemImported))]
        ItemImported(ItemImported),
    }
}
as_fragments!(AsFragments { ItemImported(ItemImported) from v1::ItemImported } Other: inngest_receive::RawReceived);
as_tokens!(AsTokens {
    #[events(any_version, from(v1::ItemImported))]
    ItemImported(inngest_receive::Received<ItemImported>)
});
with_meta!(WithMeta { #[events(any_version)] #[events(from(v1::ItemImported))] ItemImported(ItemImported) });
with_crate!(WithCrate, ::inngest_receive);

fn main() {
    let event = r#"{"data":{"a":"7"},"id":"1","name":"shop/item.imported","ts":5,"user":{},"v":"2026-01-01.1"}"#;
    assert!(inngest_receive::decode::<AsItem>(event).is_ok());
    assert!(inngest_receive::decode::<AsFragments>(event).is_ok());
    assert!(inngest_receive::decode::<AsTokens>(event).is_ok());
    assert!(inngest_receive::decode::<WithMeta>(event).is_ok());
    assert!(inngest_receive::decode::<WithCrate>(event).is_err());
}
