#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! `crate` names a module next to the struct.

mod shop {
    mod events {
        pub(super) use inngest_core::*;
    }

    #[derive(serde::Serialize, schemars::JsonSchema, events::Event)]
    #[event(name = "a/b", id = "b-{a}", crate = self::events)]
    struct B {
        a: u64,
    }

    mod inner {
        #[derive(serde::Serialize, schemars::JsonSchema, super::events::Event)]
        #[event(name = "a/c", crate = super::events)]
        struct C {}
    }
}

fn main() {}
