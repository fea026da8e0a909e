//! `derive(IdPart)` for newtypes and unit-only enums.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, parse_quote};

use crate::value_shape::{self, Body, Shape, Target};

const TARGET: Target = Target {
    name: "IdPart",
    attr: "id_part",
    example: "#[id_part(crate = ::inngest_core)]",
    use_of_value: "be part of a deduplication id",
    taker: "a part of an id",
    verb: "prints",
    instead_of_fields: "`struct OrderId(u64)`, or name the fields in the id with `{field.nested}`",
    shared: "events would share an id",
};

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    value_shape::derive(input, &TARGET, |shape| match shape {
        Some(Shape::Newtype { ty, member }) => Body {
            items: quote! {
                const LANGUAGE: __inngest::Language = <#ty as __inngest::IdPart>::LANGUAGE;
                const PATTERN: &'static __inngest::derive_support::str = <#ty as __inngest::IdPart>::PATTERN;
                const __KEEPS_TO_LANGUAGE: __inngest::derive_support::bool =
                    <#ty as __inngest::IdPart>::__KEEPS_TO_LANGUAGE;
                fn write_id(&self, __inngest_id: &mut __inngest::IdWriter<'_>) {
                    <#ty as __inngest::IdPart>::write_id(&self.#member, __inngest_id);
                }
            },
            bound: Some(parse_quote!(#ty: __inngest::IdPart)),
        },
        Some(Shape::Enum(texts)) => {
            let alternatives: Vec<&str> = texts.iter().map(|(text, _)| text.as_str()).collect();
            let pattern = format!("(?:{})", alternatives.join("|"));
            let text = value_shape::match_texts(&texts);
            Body {
                items: quote! {
                    const LANGUAGE: __inngest::Language = __inngest::Language::Word;
                    const PATTERN: &'static __inngest::derive_support::str = #pattern;
                    const __KEEPS_TO_LANGUAGE: __inngest::derive_support::bool = true;
                    fn write_id(&self, __inngest_id: &mut __inngest::IdWriter<'_>) {
                        __inngest_id.push_str(#text);
                    }
                },
                bound: None,
            }
        }
        None => Body {
            items: quote! {
                // `Fixed` never makes an id ambiguous, so no follow-up error appears.
                const LANGUAGE: __inngest::Language = __inngest::Language::Fixed;
                fn write_id(&self, _: &mut __inngest::IdWriter<'_>) {}
            },
            bound: None,
        },
    })
}
