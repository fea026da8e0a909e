#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A type that a macro defines.

macro_rules! id {
    ($name:ident, $inner:ty) => {
        #[derive(inngest_core::SessionField)]
        struct $name($inner);
    };
}

id!(VisitId, u64);
id!(Sku, String);

fn main() {}
