#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! An event that is visible only in the crate.

mod events {
    #[derive(serde::Serialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "storefront/item.imported")]
    pub(crate) struct ItemImported {
        #[event(id)]
        pub(super) item_id: u64,
    }
}

fn main() {
    let _ = events::ItemImported { item_id: 7 };
}
