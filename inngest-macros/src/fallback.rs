//! The code for a struct with mistakes: it is an event all the same, so that its uses add no
//! error to those that are reported.

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput, Path};

use crate::expand::{call, with_supertraits};

pub(crate) fn event(input: &DeriveInput, krate: &Path) -> TokenStream {
    // Serde has no derive for unions, so an event it cannot be.
    if matches!(input.data, Data::Union(_)) {
        return TokenStream::new();
    }
    let generics = with_supertraits(input, krate);
    call(input, &generics, None, krate, &TokenStream::new())
}
