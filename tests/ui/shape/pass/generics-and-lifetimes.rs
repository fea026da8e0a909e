#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Compiles without a warning.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", id = "b-{id}")]
struct Borrowed<'a, T, const N: usize>
where
    T: Clone,
{
    id: T,
    note: &'a str,
    #[serde(skip)]
    padding: [u8; N],
}

fn main() {}
