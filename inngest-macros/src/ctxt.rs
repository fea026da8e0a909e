//! Gathers mistakes, so that all of a struct are reported in one go.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Ctxt {
    errors: RefCell<Vec<syn::Error>>,
}

impl Ctxt {
    /// A mistake at a place.
    pub(crate) fn error_at(&self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// A mistake that takes up some tokens.
    pub(crate) fn error(&self, tokens: impl ToTokens, message: impl Display) {
        let tokens = ungrouped(tokens.into_token_stream());
        self.push(syn::Error::new_spanned(tokens, message));
    }

    fn push(&self, error: syn::Error) {
        self.errors.borrow_mut().push(error);
    }

    /// The mistakes as compile errors in the order of the source, or `None` when there are none.
    pub(crate) fn into_compile_errors(self) -> Option<TokenStream> {
        let mut errors = self.errors.into_inner();
        errors.sort_by_key(|error| {
            let start = error.span().start();
            (start.line, start.column)
        });
        let mut errors = errors.into_iter();
        let mut all = errors.next()?;
        all.extend(errors);
        Some(all.to_compile_error())
    }
}

/// The tokens without the group that `macro_rules!` puts around a fragment that it passes on. The
/// group has the place of the fragment's name in the macro, and the tokens have the user's.
pub(crate) fn ungrouped(tokens: TokenStream) -> TokenStream {
    let mut within = tokens.clone().into_iter();
    match (within.next(), within.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => {
            ungrouped(group.stream())
        }
        _ => tokens,
    }
}

/// A mistake: an `allow` that has no effect.
pub(crate) fn lifts_nothing(cx: &Ctxt, allow: &Ident, why: &str) {
    cx.error(
        allow,
        format!("`allow({allow})` has no effect, {why}; remove it"),
    );
}
