#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Versions of an event may share its name.

mod v1 {
    #[derive(serde::Serialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "storefront/item.imported", version = "2026-11-21.1")]
    struct ItemImported {}
}

mod v2 {
    #[derive(serde::Serialize, schemars::JsonSchema, inngest_core::Event)]
    #[event(name = "storefront/item.imported", version = "2026-11-21.2")]
    struct ItemImported {}
}

fn main() {}
