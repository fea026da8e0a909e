//! `derive(SessionField)` for newtypes and unit-only enums.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Type, parse_quote};

use crate::value_shape::{self, Body, Shape, Target};

const TARGET: Target = Target {
    name: "SessionField",
    attr: "session_field",
    example: "#[session_field(crate = ::inngest_core)]",
    use_of_value: "be the value of a session",
    taker: "the value of a session",
    verb: "is",
    instead_of_fields: "`struct VisitId(u64)`",
    shared: "values would share a session",
};

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    value_shape::derive(input, &TARGET, |shape| match shape {
        Some(Shape::Newtype { ty, member }) => Body {
            items: items(ty, &quote!(&self.#member)),
            bound: Some(parse_quote!(#ty: __inngest::SessionField)),
        },
        Some(Shape::Enum(texts)) => text(&value_shape::match_texts(&texts)),
        // Text can be the value of a session, so no follow-up error appears.
        None => text(&quote!("")),
    })
}

fn text(text: &TokenStream) -> Body {
    Body {
        items: items(&parse_quote!(__inngest::derive_support::str), text),
        bound: None,
    }
}

/// Delegates to the implementation of a type, with a reference to a value of it.
fn items(ty: &Type, value: &TokenStream) -> TokenStream {
    quote! {
        const KIND: __inngest::SessionKind = <#ty as __inngest::SessionField>::KIND;
        const OPTIONAL: __inngest::derive_support::bool = <#ty as __inngest::SessionField>::OPTIONAL;
        fn session_value(
            &self,
        ) -> __inngest::derive_support::Option<__inngest::SessionValue<'_>> {
            <#ty as __inngest::SessionField>::session_value(#value)
        }
    }
}
