#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
#![deny(unused_qualifications, unused_lifetimes, single_use_lifetimes, trivial_casts, elided_lifetimes_in_paths, let_underscore_drop, missing_debug_implementations, absolute_paths_not_starting_with_crate, non_local_definitions, unused_results, variant_size_differences)]
//! The generated code passes stricter lints.

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
