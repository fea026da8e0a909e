#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! References, also to references.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", id = "b-{a}-{b}-{c}")]
struct B<'a> {
    a: &'a u64,
    b: &'a &'a bool,
    c: &'a str,
}

fn main() {}
