#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Unsigned integers of all sizes.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", id = "b-{a}-{b}-{c}-{d}-{e}-{f}")]
struct B {
    a: u8,
    b: u16,
    c: u32,
    d: u64,
    e: u128,
    f: usize,
}

fn main() {}
