#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Slashes and dots that break the convention, with `allow`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a//b", allow(nonstandard_name))]
struct E0 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "/a", allow(nonstandard_name))]
struct E1 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a..", allow(nonstandard_name))]
struct E2 {}

fn main() {}
