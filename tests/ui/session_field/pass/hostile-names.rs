#![deny(warnings, missing_docs, unreachable_pub, unsafe_code, unused_qualifications)]
#![allow(dead_code)]
#![no_implicit_prelude]
//! User items with every name that the generated code could use.

mod core {}
mod std {}
mod alloc {}
mod inngest_core {}
mod derive_support {}
struct Option;
struct Some;
struct None;
struct String;
struct Cow;
struct SessionValue;
struct SessionKind;
trait SessionField {}
trait OptionalSessionField {}
const KIND: () = ();
const OPTIONAL: () = ();

#[derive(::inngest_core::SessionField)]
struct Newtype(u64);

#[derive(::inngest_core::SessionField)]
struct Generic<SessionField>(SessionField);

#[derive(::inngest_core::SessionField)]
enum Channel {
    Some,
    None,
    Option,
    KIND,
}

fn main() {}
