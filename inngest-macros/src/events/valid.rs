//! Checks that the variants are distinct, as far as their tokens show. The generated constants compare names
//! and versions.

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::{GenericParam, PathArguments, Type};

use super::ast::{Events, event_type};
use super::attr::text;
use crate::ctxt::Ctxt;
use crate::expand::mentions;

pub(crate) fn check(cx: &Ctxt, events: &Events<'_>) {
    lifetimes(cx, events);
    only_one_other(cx, events);
    raw_without_other(cx, events);
    different_types(cx, events);
    generic_types(cx, events);
}

fn lifetimes(cx: &Ctxt, events: &Events<'_>) {
    for param in &events.input.generics.params {
        if let GenericParam::Lifetime(param) = param {
            let lifetime = &param.lifetime;
            let message = format!(
                "decoded events own their data, so `{lifetime}` has no use; remove it, and write \
                 `'static` in the event types"
            );
            cx.error(lifetime, message);
        }
    }
}

fn only_one_other(cx: &Ctxt, events: &Events<'_>) {
    let mut others = events.others.iter();
    let Some((first, _)) = others.next() else {
        return;
    };
    for (_, key) in others {
        let message = format!("`{first}` is already marked `other`; keep one of the two");
        cx.error(key, message);
    }
}

/// Rule: only an `other` variant holds a `RawReceived`, because `RawReceived` has no event name.
fn raw_without_other(cx: &Ctxt, events: &Events<'_>) {
    for variant in &events.variants {
        if let Type::Path(path) = event_type(&variant.ty)
            && let Some(last) = path.path.segments.last()
            && last.ident == "RawReceived"
            && variant.attrs.other.is_none()
        {
            let message = format!(
                "`RawReceived` is for events that no other variant takes; add `#[events(other)]` to `{}`",
                variant.ident
            );
            cx.error(last, message);
        }
    }
}

/// The event types of all variants, and their older versions.
fn types<'a>(events: &'a Events<'_>) -> Vec<&'a Type> {
    let mut types = Vec::new();
    for variant in &events.variants {
        if variant.attrs.other.is_none() {
            types.push(event_type(&variant.ty));
            let older = variant.attrs.from.as_ref();
            types.extend(older.iter().flat_map(|from| &from.value));
        }
    }
    types
}

fn different_types(cx: &Ctxt, events: &Events<'_>) {
    let mut seen: Vec<String> = Vec::new();
    for ty in types(events) {
        let name = text(ty);
        if seen.contains(&name) {
            let message = format!(
                "`{name}` appears twice in the enum, so its events cannot be told apart; remove one"
            );
            cx.error(ty, message);
        }
        seen.push(name);
    }
}

/// Rule: no two variants are instances of one generic event, because its name does not depend on the type
/// arguments.
fn generic_types(cx: &Ctxt, events: &Events<'_>) {
    let generics = &events.input.generics;
    let parameters: Vec<Ident> = generics.type_params().map(|p| p.ident.clone()).collect();
    if parameters.is_empty() {
        return;
    }
    let is_generic = |ty: &Type| mentions(ty.to_token_stream(), &parameters);
    let variants = events.variants.iter();
    let all: Vec<&Type> = variants.map(|variant| event_type(&variant.ty)).collect();
    for (index, ty) in all.iter().enumerate() {
        if let Type::Path(path) = ty
            && let Some(parameter) = path.path.get_ident()
            && parameters.contains(parameter)
        {
            let message = format!(
                "the event name of `{parameter}` is not known here, so its events cannot be told \
                 apart from others; write an event type"
            );
            cx.error(ty, message);
            continue;
        }
        let earlier = all.get(..index).unwrap_or_default();
        if let Some(first) = earlier.iter().find(|other| {
            (is_generic(ty) || is_generic(other))
                && text(other) != text(ty)
                && without_arguments(other) == without_arguments(ty)
        }) {
            let message = format!(
                "`{}` and `{}` have the same event name, so their events cannot be told apart; remove \
                 one of the two",
                text(first),
                text(ty)
            );
            cx.error(ty, message);
        }
    }
    for variant in &events.variants {
        if let Some(from) = &variant.attrs.from
            && (is_generic(&variant.ty) || from.value.iter().any(is_generic))
        {
            let message = "nothing can check that older versions of a generic type convert; write \
                           the type's arguments";
            cx.error(&from.key, message);
        }
    }
}

fn without_arguments(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else {
        return None;
    };
    let mut path = path.clone();
    for segment in &mut path.path.segments {
        segment.arguments = PathArguments::None;
    }
    Some(text(&Type::Path(path)))
}
