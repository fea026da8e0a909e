//! Which types of fields cannot stand in an id, as far as a macro can tell.

use proc_macro2::TokenTree;
use quote::ToTokens as _;
use syn::{Type, TypePath};

use crate::ctxt::{Ctxt, ungrouped};

/// Types that people try in an id and that are refused with a reason. All others are for the
/// trait `IdPart`, because a macro does not see through a type's name.
pub(crate) fn check_id_type(cx: &Ctxt, ty: &Type, field: &str) -> bool {
    let Some(path) = suspect(ty) else { return true };
    let Some(last) = path.path.segments.last() else {
        return true;
    };
    let name = last.ident.to_string();
    let bare = path.path.segments.len() == 1 && path.qself.is_none();
    match (name.as_str(), &last.arguments) {
        ("Option", syn::PathArguments::AngleBracketed(_)) => cx.error(
            ty,
            format!(
                "`{field}` is named in the id and may be absent, so different events would share \
                 one; split the event in two, or choose another field"
            ),
        ),
        ("f32" | "f64", syn::PathArguments::None) if bare => cx.error(
            ty,
            format!(
                "`{field}` is named in the id and is a float, of which one number has many \
                 spellings; use a fixed-point integer, or choose another field"
            ),
        ),
        _ => return true,
    }
    false
}

/// A type in which there is a name of those that are refused.
fn suspect(ty: &Type) -> Option<TypePath> {
    let tokens = ungrouped(ty.to_token_stream());
    let names = ["Option", "f32", "f64"];
    let is_suspect = tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident.to_string().as_str()),
        _ => false,
    });
    is_suspect.then(|| syn::parse2(tokens).ok()).flatten()
}

/// Whether a type is written as `Option<…>`.
pub(crate) fn is_option(ty: &Type) -> bool {
    let path = suspect(ty);
    let last = path.as_ref().and_then(|path| path.path.segments.last());
    last.is_some_and(|last| last.ident == "Option" && !last.arguments.is_none())
}
