#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Segments of digits.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "0/1.2")]
struct E0 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "v2/item.2")]
struct E1 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "2026/report")]
struct E2 {}

fn main() {}
