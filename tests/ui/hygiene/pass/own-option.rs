#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! A user type named `Option`.

struct Option;

#[derive(::serde::Serialize, ::schemars::JsonSchema, ::inngest_core::Event)]
#[event(name = "a/b", id = "b-{a}-{key}", version = "2026-11-21.1")]
struct B {
    #[event(session)]
    a: u64,
    #[event(ts)]
    b: i64,
    #[event(user)]
    #[serde(skip)]
    c: ::std::collections::BTreeMap<u64, u64>,
    key: Key,
}

#[derive(::serde::Serialize, ::schemars::JsonSchema, ::inngest_core::IdPart)]
struct Key(u64);

fn main() {}
