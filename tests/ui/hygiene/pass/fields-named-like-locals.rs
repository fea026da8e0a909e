#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Fields with the names of generated locals.

use inngest_core::Event;

#[derive(serde::Serialize, schemars::JsonSchema, Event)]
#[event(name = "a/b", id = "b-{self_}-{__inngest_id}-{id}-{event}")]
struct B {
    self_: u64,
    __inngest_id: u64,
    id: u64,
    event: u64,
    #[event(ts)]
    payload: i64,
    #[event(session)]
    __inngest_sessions: u64,
}

fn main() {
    let b = B { self_: 1, __inngest_id: 2, id: 3, event: 4, payload: 5, __inngest_sessions: 6 };
    assert_eq!(b.dedup_id().unwrap().unwrap(), "b-1-2-3-4");
}
