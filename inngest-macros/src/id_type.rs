//! Field types that cannot be part of an id, as far as a macro can tell.

use proc_macro2::TokenTree;
use quote::ToTokens as _;
use syn::{Type, TypePath};

use crate::ctxt::{Ctxt, ungrouped};

/// Rejects common field types that cannot be part of an id, with a reason. Returns whether the type
/// passes. The trait `IdPart` checks all other types, because a macro cannot resolve a type's name.
pub(crate) fn check_id_type(cx: &Ctxt, ty: &Type, field: &str) -> bool {
    let Some(path) = possibly_rejected(ty) else {
        return true;
    };
    let Some(last) = path.path.segments.last() else {
        return true;
    };
    let name = last.ident.to_string();
    let is_bare = path.path.segments.len() == 1 && path.qself.is_none();
    match (name.as_str(), &last.arguments) {
        ("Option", syn::PathArguments::AngleBracketed(_)) => cx.error(
            ty,
            format!(
                "`{field}` in the id is an `Option`, so events without a value would share an id; \
                 split the event in two, or choose another field"
            ),
        ),
        ("f32" | "f64", syn::PathArguments::None) if is_bare => cx.error(
            ty,
            format!(
                "`{field}` in the id is a float, and the same number can be written in several \
                 ways; use a fixed-point integer, or choose another field"
            ),
        ),
        _ => return true,
    }
    false
}

/// The path of a type that mentions a rejected name.
fn possibly_rejected(ty: &Type) -> Option<TypePath> {
    let tokens = ungrouped(ty.to_token_stream());
    let names = ["Option", "f32", "f64"];
    let mentions_name = tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident.to_string().as_str()),
        _ => false,
    });
    mentions_name.then(|| syn::parse2(tokens).ok()).flatten()
}

/// Whether a type is written as `Option<…>`.
pub(crate) fn is_option(ty: &Type) -> bool {
    let path = possibly_rejected(ty);
    let last = path.as_ref().and_then(|path| path.path.segments.last());
    last.is_some_and(|last| last.ident == "Option" && !last.arguments.is_none())
}
