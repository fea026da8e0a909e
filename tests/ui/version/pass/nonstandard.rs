#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Versions that break the convention, with `allow`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", version = "1", allow(nonstandard_version))]
struct E0 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", version = "v1", allow(nonstandard_version))]
struct E1 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", version = "2026-02-30.1", allow(nonstandard_version))]
struct E2 {}

fn main() {}
