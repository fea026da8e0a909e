#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! The `NonZero` integers.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;
use std::num::{NonZero, NonZeroU8, NonZeroU64};

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", id = "b-{a}-{b}-{c}")]
struct B {
    a: NonZeroU8,
    b: NonZeroU64,
    c: NonZero<i32>,
}

fn main() {}
