//! Generates the code for an invalid struct. The struct still implements `Event`, so its uses cause
//! no further errors.

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput, Path};

use crate::expand::{call, with_supertraits};

pub(crate) fn event(input: &DeriveInput, krate: &Path) -> TokenStream {
    // Serde cannot derive `Serialize` for unions, which `Event` requires.
    if matches!(input.data, Data::Union(_)) {
        return TokenStream::new();
    }
    let generics = with_supertraits(input, krate);
    call(input, &generics, None, krate, &TokenStream::new())
}
