//! `derive(Event)` as a function, so that tests can call it.

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
