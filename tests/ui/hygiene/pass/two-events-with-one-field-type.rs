#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Many events in one module.

use inngest_core::Event;

#[derive(serde::Serialize, schemars::JsonSchema, Event)]
#[event(name = "a/b", id = "b-{a}")]
struct B {
    a: u64,
}

#[derive(serde::Serialize, schemars::JsonSchema, Event)]
#[event(name = "a/c", id = "c-{a}")]
struct C {
    a: u64,
}

fn main() {}
