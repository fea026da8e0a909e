#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A struct named `Event`.

#[derive(serde::Serialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "a/b")]
struct Event {
    #[event(id)]
    a: u64,
}

fn main() {}
