#![deny(warnings, missing_docs, unreachable_pub)]
#![allow(dead_code)]
#![no_implicit_prelude]
//! The prelude is not in scope.

#[derive(::serde::Serialize, ::inngest_core::Event)]
#[event(name = "a/b")]
struct B {
    #[event(id, session)]
    a: u64,
    #[event(ts)]
    b: i64,
}

impl ::schemars::JsonSchema for B {
    fn schema_name() -> ::std::borrow::Cow<'static, str> {
        ::std::borrow::Cow::Borrowed("B")
    }
    fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
        ::std::default::Default::default()
    }
}

fn main() {}
