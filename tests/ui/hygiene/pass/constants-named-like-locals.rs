#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
#![allow(non_upper_case_globals)]
//! Constants with the names of parameters.

const id: u64 = 1;
const event: u64 = 2;
const user: u64 = 3;
const sessions: u64 = 4;
const __inngest_id: u64 = 5;
const __inngest_event: u64 = 6;

#[derive(::serde::Serialize, ::schemars::JsonSchema, ::inngest_core::Event)]
#[event(name = "a/b", id = "b-{a}-{key}", version = "2026-11-21.1")]
struct B {
    #[event(session)]
    a: u64,
    #[event(ts)]
    b: i64,
    #[event(user)]
    #[serde(skip)]
    c: C,
    key: Key,
}

#[derive(::serde::Serialize, ::schemars::JsonSchema)]
struct C {
    d: u64,
}

#[derive(::serde::Serialize, ::schemars::JsonSchema, ::inngest_core::IdPart)]
struct Key(u64);

fn main() {}
