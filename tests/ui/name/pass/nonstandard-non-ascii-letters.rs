#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Letters of any alphabet, with `allow`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "café/été", allow(nonstandard_name))]
struct E0 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "商店/商品", allow(nonstandard_name))]
struct E1 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "😀", allow(nonstandard_name))]
struct E2 {}

fn main() {}
