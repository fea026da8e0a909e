#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Deprecated types.

#[deprecated]
#[derive(inngest_core::IdPart)]
struct OrderId(u64);

#[deprecated]
#[derive(inngest_core::IdPart)]
enum Channel {
    Web,
    Shop,
}

fn main() {}
