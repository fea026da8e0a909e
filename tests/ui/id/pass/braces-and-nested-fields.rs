#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Compiles without a warning.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", id = "b-{{{outer.inner.0}}}")]
struct Nested {
    outer: Outer,
}

#[derive(Serialize, JsonSchema)]
struct Outer {
    inner: (String,),
}

fn main() {}
