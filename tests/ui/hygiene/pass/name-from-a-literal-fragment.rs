#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A macro passes the name as a `literal`.

use inngest_core::Event;

macro_rules! event {
    ($ident:ident, $field:ident: $ty:ty, $name:literal, $id:literal) => {
        #[derive(serde::Serialize, schemars::JsonSchema, Event)]
        #[event(name = $name, id = $id)]
        struct $ident {
            $field: $ty,
        }
    };
}

event!(ItemImported, item_id: u64, "storefront/item.imported", "item-imported-{item_id}");

fn main() {
    let item = ItemImported { item_id: 7 };
    assert_eq!(item.dedup_id().unwrap().unwrap(), "item-imported-7");
}
