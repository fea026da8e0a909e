//! `derive(Events)`: decodes an enum of event types.
//!
//! | stage | what it does |
//! |---|---|
//! | `attr` | reads `#[events(…)]` |
//! | `ast` | represents the enum, and checks its shape |
//! | `valid` | checks that the variants are distinct, as far as their tokens show |
//! | `expand` | generates the code |

mod ast;
mod attr;
mod expand;
mod valid;

use proc_macro2::{Ident, Span, TokenStream};
use syn::token::PathSep;
use syn::{DeriveInput, Path};

use crate::ctxt::Ctxt;

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::default();
    let events = ast::Events::read(&cx, input);
    valid::check(&cx, &events);
    let krate = events.krate.clone().unwrap_or_else(|| Path {
        leading_colon: Some(PathSep::default()),
        ..Ident::new("inngest_receive", Span::call_site()).into()
    });
    match cx.into_compile_errors() {
        None => expand::events(&events, &krate),
        Some(errors) => {
            let stub = expand::stub(input, &krate);
            quote::quote!(#errors #stub)
        }
    }
}

/// Snapshots of the generated code, so that a reviewer sees every change of its size and shape.
#[cfg(test)]
mod tests {
    use super::derive;
    use quote::quote;

    fn assert_code(name: &str, input: proc_macro2::TokenStream) {
        let input = syn::parse2(input).unwrap();
        let code = prettyplease::unparse(&syn::parse2(derive(&input)).unwrap());
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(name, code);
        });
    }

    #[test]
    fn enum_with_all_attributes() {
        assert_code(
            "enum_with_all_attributes",
            quote! {
                enum ShopEvent {
                    #[events(from(v1::ItemImported, v0::ItemImported), any_version)]
                    ItemImported(Received<ItemImported>),
                    OrderPaid(OrderPaid),
                    #[events(other)]
                    Other(RawReceived),
                }
            },
        );
    }

    #[test]
    fn generic_enum() {
        assert_code(
            "generic_enum",
            quote! {
                #[events(crate = ::receive)]
                enum ShopEvent<T: Clone, const N: usize> where T: Copy {
                    Changed(Changed<T>),
                    OrderPaid(OrderPaid),
                }
            },
        );
    }

    #[test]
    fn invalid_enum_still_implements_events() {
        assert_code(
            "invalid_enum_still_implements_events",
            quote! {
                enum ShopEvent<T> {
                    OrderPaid,
                }
            },
        );
    }
}
