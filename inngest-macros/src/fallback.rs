//! The code for a struct with mistakes: it is an event all the same, so that its uses add no
//! error to those that are reported.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Path};

use crate::expand::{alias, with_supertraits};

pub(crate) fn event(input: &DeriveInput, krate: &Path) -> TokenStream {
    // Serde has no derive for unions, so an event it cannot be.
    if matches!(input.data, Data::Union(_)) {
        return TokenStream::new();
    }
    let ident = &input.ident;
    let generics = with_supertraits(input);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let alias = alias(krate);
    quote! {
        #[doc(hidden)]
        #[allow(deprecated)]
        const _: () = {
            #alias
            #[automatically_derived]
            impl #impl_generics __inngest::Event for #ident #ty_generics #where_clause {
                const NAME: &'static __inngest::__private::str = "";
                const VERSION: __inngest::__private::Option<&'static __inngest::__private::str> =
                    __inngest::__private::Option::None;
                const ID_TEMPLATE: __inngest::__private::Option<&'static __inngest::__private::str> =
                    __inngest::__private::Option::None;
                const __ID: &'static [__inngest::__private::IdPiece] = &[];
            }
        };
    }
}
