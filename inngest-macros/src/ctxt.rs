//! Collects errors, so that one compilation reports all errors of a struct.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// The errors found so far.
#[derive(Default)]
pub(crate) struct Ctxt {
    errors: RefCell<Vec<syn::Error>>,
}

impl Ctxt {
    /// Adds an error at a span.
    pub(crate) fn error_at(&self, span: Span, message: impl Display) {
        self.errors
            .borrow_mut()
            .push(syn::Error::new(span, message));
    }

    /// Adds an error that spans some tokens.
    pub(crate) fn error(&self, tokens: impl ToTokens, message: impl Display) {
        let tokens = ungrouped(tokens.into_token_stream());
        let error = syn::Error::new_spanned(tokens, message);
        self.errors.borrow_mut().push(error);
    }

    /// Adds an error that spans some tokens. Returns `None`.
    pub(crate) fn fail<T>(&self, tokens: impl ToTokens, message: impl Display) -> Option<T> {
        self.error(tokens, message);
        None
    }

    /// The errors as `compile_error!` calls in source order, or `None` if there are none.
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

/// Strips the invisible group that `macro_rules!` puts around a fragment. The group has the span of
/// the fragment's name in the macro, while the tokens inside have the user's spans.
pub(crate) fn ungrouped(tokens: TokenStream) -> TokenStream {
    let mut inner = tokens.clone().into_iter();
    match (inner.next(), inner.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => {
            ungrouped(group.stream())
        }
        _ => tokens,
    }
}

/// Reports a rule in `allow(…)` that has no effect.
pub(crate) fn report_useless_allow(cx: &Ctxt, allow: &Ident, why: &str) {
    cx.error(
        allow,
        format!("`allow({allow})` has no effect because {why}; remove it"),
    );
}
