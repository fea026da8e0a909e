#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Compiles without a warning.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/cart.cleared")]
struct CartCleared {}

fn main() {}
