#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A name without a prefix.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "signup")]
struct E0 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a")]
struct E1 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "0")]
struct E2 {}

fn main() {}
