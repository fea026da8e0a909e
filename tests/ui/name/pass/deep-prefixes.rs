#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Any number of prefixes.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b/c/d/e.f")]
struct E0 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "shop.eu/cart.checkout.completed")]
struct E1 {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a_b/c-d.e_f")]
struct E2 {}

fn main() {}
