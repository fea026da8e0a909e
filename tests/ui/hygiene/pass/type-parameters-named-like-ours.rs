#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! Parameters with the names of generated ones.

#[derive(serde::Serialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "a/b", id = "b-{a}")]
struct B<E, T, S> {
    a: T,
    b: E,
    #[event(session)]
    c: S,
}

fn main() {}
