#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Values behind a `Box`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", id = "b-{a}-{b}")]
struct B {
    a: Box<u64>,
    b: Box<str>,
}

fn main() {}
