#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Signed integers of all sizes.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", id = "b-{a}-{b}-{c}-{d}-{e}-{f}")]
struct B {
    a: i8,
    b: i16,
    c: i32,
    d: i64,
    e: i128,
    f: isize,
}

fn main() {}
