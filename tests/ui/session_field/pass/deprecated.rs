#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Deprecated types.

#[deprecated]
#[derive(inngest_core::SessionField)]
struct VisitId(u64);

#[deprecated]
#[derive(inngest_core::SessionField)]
enum Channel {
    Web,
    Shop,
}

fn main() {}
