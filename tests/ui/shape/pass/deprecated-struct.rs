#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A deprecated event.

use inngest_core::Event;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

#[deprecated]
#[derive(Serialize, Event)]
#[event(name = "a/b")]
struct B {
    #[event(id)]
    a: u64,
}

// Schemars' own derive warns of a deprecated struct.
#[allow(deprecated)]
impl JsonSchema for B {
    fn schema_name() -> std::borrow::Cow<'static, str> { "B".into() }
    fn json_schema(_: &mut SchemaGenerator) -> Schema { Schema::default() }
}

fn main() {}
