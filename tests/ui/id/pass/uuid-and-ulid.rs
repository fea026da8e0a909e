#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Id types of other crates.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", id = "b-{a}{{}}{b}")]
struct B {
    #[serde(skip)]
    a: uuid::Uuid,
    #[serde(skip)]
    b: ulid::Ulid,
}

fn main() {}
