#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A macro passes attributes and fields on.

macro_rules! event {
    ($(#[$meta:meta])* $vis:vis struct $ident:ident { $($(#[$field_meta:meta])* $field:ident: $ty:ty,)* }) => {
        #[derive(serde::Serialize, schemars::JsonSchema, inngest_core::Event)]
        $(#[$meta])*
        $vis struct $ident {
            $($(#[$field_meta])* $field: $ty,)*
        }
    };
}

event! {
    #[event(name = "storefront/item.imported", version = "2026-11-21.1")]
    struct ItemImported {
        #[event(id, session = "item")]
        item_id: u64,
        #[event(ts)]
        made_at: Option<i64>,
    }
}

fn main() {}
