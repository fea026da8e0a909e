#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Text behind `Rc` and `Arc`.

use inngest_core::Event;
use schemars::JsonSchema;
use serde::Serialize;
use std::{rc::Rc, sync::Arc};

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "a/b", id = "b-{a}-{b}-{c}", allow(ambiguous_id))]
struct B {
    #[serde(skip)]
    a: Rc<str>,
    #[serde(skip)]
    b: Arc<str>,
    #[serde(skip)]
    c: Arc<String>,
}

fn main() {}
