#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! `crate` names a module that exports the crate's items.

mod events {
    pub(crate) use inngest_core::*;
}

#[derive(serde::Serialize, schemars::JsonSchema, events::Event)]
#[event(name = "a/b", id = "b-{a}", crate = crate::events)]
struct B {
    a: Key,
    #[event(ts)]
    b: i64,
    #[event(session)]
    c: String,
}

#[derive(serde::Serialize, schemars::JsonSchema, events::IdPart)]
#[id_part(crate = crate::events)]
struct Key(u64);

fn main() {}
