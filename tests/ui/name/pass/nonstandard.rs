#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Names that break the convention, with `allow`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "ItemImported", allow(nonstandard_name))]
struct E0 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop:item", allow(nonstandard_name))]
struct E1 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "_a", allow(nonstandard_name))]
struct E2 {}

fn main() {}
