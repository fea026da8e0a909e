#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Compiles without a warning.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b")]
struct Several {
    #[event(id, session)]
    order: u64,
    #[event(id)]
    #[event(session = "line")]
    line: u64,
    #[event(ts)]
    at: Option<std::time::SystemTime>,
}

fn main() {}
