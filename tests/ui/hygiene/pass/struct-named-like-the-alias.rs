#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
#![allow(non_camel_case_types)]
//! A struct with the name of the generated alias.

#[derive(serde::Serialize, schemars::JsonSchema, inngest_core::Event)]
#[event(name = "a/b")]
struct __inngest {
    #[event(id)]
    a: u64,
}

fn main() {}
