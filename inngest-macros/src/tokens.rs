//! Looks at the tokens of a value.

use std::borrow::Cow;

use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};
use syn::{Lit, LitStr};

/// Strips the invisible group that `macro_rules!` puts around a fragment, so that errors point at the
/// original tokens.
pub(crate) fn ungrouped(tokens: &[TokenTree]) -> Cow<'_, [TokenTree]> {
    match tokens {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => {
            let inner: Vec<_> = group.stream().into_iter().collect();
            Cow::Owned(ungrouped(&inner).into_owned())
        }
        _ => Cow::Borrowed(tokens),
    }
}

/// The tokens as a string literal.
pub(crate) fn string(tokens: &[TokenTree]) -> Option<LitStr> {
    match tokens {
        [TokenTree::Literal(literal)] => match Lit::new(literal.clone()) {
            Lit::Str(literal) => Some(literal),
            _ => None,
        },
        _ => None,
    }
}

/// The string literals in Rust code.
pub(crate) fn strings(code: TokenStream) -> Vec<Literal> {
    let mut found = Vec::new();
    for token in code {
        match token {
            TokenTree::Group(group) => found.extend(strings(group.stream())),
            token => found.extend(string(&[token]).map(|text| text.token())),
        }
    }
    found
}

/// The text of a value whose quotes are missing, such as `shop/order.paid`. `None` for a word, which may be
/// a constant, and for Rust code.
pub(crate) fn text_without_quotes(tokens: &[TokenTree]) -> Option<String> {
    let is_word = |token: &TokenTree| matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_));
    let is_text = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => matches!(punct.as_char(), '/' | '.' | '-'),
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_word(token),
    };
    let [first, _, ..] = tokens else {
        return None;
    };
    let text: String = stream(tokens).to_string().split_whitespace().collect();
    let is_valid = is_word(first) && tokens.iter().all(is_text) && !text.contains(['"', '\'']);
    is_valid.then_some(text)
}

pub(crate) fn stream(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}
