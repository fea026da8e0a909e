#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! The 29th of February of leap years.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", version = "2024-02-29.1")]
struct E0 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", version = "2000-02-29.1")]
struct E1 {}

fn main() {}
