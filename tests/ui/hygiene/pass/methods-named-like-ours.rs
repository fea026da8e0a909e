#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
//! User methods with the same names as ours.

#[derive(serde::Serialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "a/b", id = "b-{a}")]
struct B {
    a: Key,
}

impl B {
    const NAME: u64 = 1;
    fn dedup_id(&self) -> u64 { 1 }
}

#[derive(serde::Serialize, schemars::JsonSchema, inngest_core::IdPart)]
struct Key(u64);

impl Key {
    const LANGUAGE: u64 = 1;
    fn write_id(&self) {}
}

fn main() {}
