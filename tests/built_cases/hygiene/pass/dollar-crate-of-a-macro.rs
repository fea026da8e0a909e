#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A macro names the crate through `$crate`.

mod events {
    pub(crate) use inngest_core::*;
}

macro_rules! event {
    ($ident:ident) => {
        #[derive(serde::Serialize, schemars::JsonSchema, $crate::events::Event)]
        #[event(name = "storefront/item.imported", crate = $crate::events)]
        struct $ident {
            #[event(id)]
            item_id: u64,
        }
    };
}

event!(ItemImported);

fn main() {}
