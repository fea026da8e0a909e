#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Public types derive `SessionField` without a warning.

/// The number of a visit.
#[derive(inngest_core::SessionField)]
pub struct VisitId(u64);

/// Where the visit began.
#[derive(inngest_core::SessionField)]
pub enum Channel {
    /// In a browser.
    Web,
    /// In a shop.
    Shop,
}

fn main() {}
