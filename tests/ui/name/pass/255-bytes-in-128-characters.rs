#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! The limit counts bytes.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééa", allow(nonstandard_name))]
struct E0 {}

fn main() {}
