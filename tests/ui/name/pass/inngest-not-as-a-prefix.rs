#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Names that only look like the reserved prefix.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "inngest")]
struct E0 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "inngestx/y")]
struct E1 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "app/inngest/x")]
struct E2 {}

fn main() {}
