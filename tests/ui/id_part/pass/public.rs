#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A documented public type.

/// The number of an order.
#[derive(inngest_core::IdPart)]
pub struct OrderId(u64);

/// Where it was ordered.
#[derive(inngest_core::IdPart)]
pub enum Channel {
    /// In a browser.
    Web,
    /// In a shop.
    Shop,
}

fn main() {}
