#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A newtype that is part of an id and a session.

use inngest_core::{Event, IdPart, SessionField};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/visit.ended")]
struct VisitEnded {
    #[event(id, session)]
    visit: VisitId,
}

#[derive(Serialize, JsonSchema, IdPart, SessionField)]
struct VisitId(u64);

fn main() {}
