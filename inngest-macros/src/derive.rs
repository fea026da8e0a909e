//! `derive(Event)` as a plain function, so that tests can call it.

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::ast::Event;
use crate::ctxt::Ctxt;
use crate::valid::Valid;
use crate::{expand, fallback};

pub(crate) fn event(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::default();
    let event = Event::read(&cx, input);
    let valid = Valid::check(&cx, &event);
    let krate = expand::crate_path(event.attrs.krate.as_ref().and_then(|k| k.value.as_ref()));
    match (cx.into_compile_errors(), valid) {
        (None, Some(valid)) => expand::event(&event, &valid, &krate),
        (errors, _) => {
            let stub = fallback::event(input, &krate);
            quote::quote!(#errors #stub)
        }
    }
}

/// Snapshots of the generated code, so that a reviewer sees every change of its size and shape.
/// Together, the structs cover all attributes.
#[cfg(test)]
mod tests {
    use super::event;
    use crate::input::Input;
    use quote::quote;

    fn assert_code(name: &str, input: proc_macro2::TokenStream) {
        let Input(input) = syn::parse2(input).unwrap();
        let code = prettyplease::unparse(&syn::parse2(event(&input)).unwrap());
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(name, code);
        });
    }

    #[test]
    fn event_with_id_and_version() {
        assert_code(
            "event_with_id_and_version",
            quote! {
                #[event(
                    name = "storefront/item.imported",
                    id = "item-imported-{item_id}",
                    version = "2026-11-21.1",
                )]
                struct ItemImported {
                    item_id: String,
                    sku: String,
                    quantity: u32,
                }
            },
        );
    }

    #[test]
    fn event_with_all_field_attributes() {
        assert_code(
            "event_with_all_field_attributes",
            quote! {
                #[event(name = "storefront/order.line.shipped", id = "order-line-shipped-{order.id}-{type}")]
                pub struct LineShipped<'a> {
                    order: &'a Order,
                    #[event(ts)]
                    at: Option<std::time::SystemTime>,
                    #[event(user)]
                    #[serde(skip)]
                    customer: Customer,
                    #[event(session)]
                    visit: u64,
                    #[event(session = "shop")]
                    r#type: String,
                }
            },
        );
    }

    #[test]
    fn generic_event() {
        assert_code(
            "generic_event",
            quote! {
                #[event(name = "a/changed", crate = ::events)]
                struct Changed<K: Clone, T, const N: usize> where T: Copy {
                    #[event(id)]
                    key: K,
                    #[event(id, session)]
                    part: Part<T>,
                    values: [T; N],
                }
            },
        );
    }

    #[test]
    fn invalid_struct_still_implements_event() {
        assert_code(
            "invalid_struct_still_implements_event",
            quote! {
                #[event(nmae = "a/b")]
                struct Broken<T>(T);
            },
        );
    }
}
