#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Values behind `Rc` and `Arc`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;
use std::{rc::Rc, sync::Arc};

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", id = "b-{a}-{b}-{c}")]
struct B {
    #[serde(skip)]
    a: Rc<str>,
    #[serde(skip)]
    b: Rc<u64>,
    #[serde(skip)]
    c: Arc<u64>,
}

fn main() {}
