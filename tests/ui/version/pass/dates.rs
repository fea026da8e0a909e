#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Dates with a counter.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", version = "2026-11-21.1")]
struct E0 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", version = "2026-12-31.0")]
struct E1 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", version = "1999-04-30.007")]
struct E2 {}

fn main() {}
