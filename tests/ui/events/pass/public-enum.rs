#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A documented public enum.

use inngest_receive::Events;

/// An item was imported.
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "shop/item.imported", version = "2026-11-21.1")]
pub struct ItemImported {
    /// The item.
    pub item_id: String,
}

/// Events of the shop.
#[derive(Events)]
#[non_exhaustive]
pub enum ShopEvent {
    /// An item was imported.
    ItemImported(ItemImported),
}

fn main() {
    let _ = inngest_receive::decode::<ShopEvent>("");
}
