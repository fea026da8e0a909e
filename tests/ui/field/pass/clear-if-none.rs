#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! `None` clears the session.

use inngest_core::{Event, OptionalSessionField, SessionField, SessionKind, SessionValue};
use schemars::JsonSchema;
use serde::Serialize;

type Key = Option<u64>;

#[derive(Serialize, JsonSchema)]
struct Visit(Option<String>);

impl SessionField for Visit {
    const KIND: SessionKind = SessionKind::Text;
    const OPTIONAL: bool = true;

    fn session_value(&self) -> Option<SessionValue<'_>> {
        self.0.session_value()
    }
}

impl OptionalSessionField for Visit {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported<'a, T: Copy> {
    #[event(session, clear_if_none)]
    a: Option<String>,
    #[event(clear_if_none, session = "order")]
    b: Key,
    #[event(session)]
    #[event(clear_if_none)]
    c: &'a Option<&'a str>,
    #[event(session, clear_if_none)]
    d: Visit,
    #[event(session, clear_if_none)]
    e: Option<T>,
}

fn main() {}
