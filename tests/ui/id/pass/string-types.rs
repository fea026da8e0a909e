#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! All string types.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", id = "b-{a}-{b}-{c}-{d}-{e}", allow(ambiguous_id))]
struct B {
    a: String,
    b: &'static str,
    c: Box<str>,
    d: Cow<'static, str>,
    e: Box<String>,
}

fn main() {}
