#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! `crate` names the crate under another name.

extern crate inngest_core as events;

#[derive(serde::Serialize, schemars::JsonSchema, events::Event)]
#[event(name = "a/b", id = "b-{a}", crate = ::events)]
struct B {
    a: u64,
}

fn main() {}
