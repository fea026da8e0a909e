#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! `bool` and `char`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", id = "b-{a}-{b}-{c}")]
struct B {
    a: bool,
    b: char,
    c: bool,
}

fn main() {}
