//! Reads `#[events(…)]`.

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{Attribute, Path, Token, Type};

use crate::attr::{Item, Spanned, for_each_item};
use crate::ctxt::Ctxt;

/// `#[events(…)]` on a variant.
#[derive(Default)]
pub(crate) struct VariantAttrs {
    pub(crate) from: Option<Spanned<Vec<Type>>>,
    pub(crate) other: Option<Spanned<()>>,
    pub(crate) any_version: Option<Spanned<()>>,
}

const ENUM_KEYS: [&str; 1] = ["crate"];
const VARIANT_KEYS: [&str; 3] = ["from", "other", "any_version"];

/// Reads the path of `inngest-receive` on the enum.
pub(crate) fn read_crate(cx: &Ctxt, attrs: &[Attribute]) -> Option<Path> {
    let mut krate: Option<Spanned<Option<Path>>> = None;
    let example = "#[events(crate = ::inngest_receive)]";
    for_each_item(cx, attrs, "events", example, |item| {
        if item.key == "crate" {
            item.once(cx, &mut krate, |item| item.path(cx, "::inngest_receive"));
        } else {
            item.unknown(cx, &ENUM_KEYS, &VARIANT_KEYS, "a variant");
        }
    });
    krate.and_then(|krate| krate.value)
}

impl VariantAttrs {
    pub(crate) fn read(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut all = Self::default();
        // In source order.
        let mut about_versions: Vec<Ident> = Vec::new();
        for_each_item(cx, attrs, "events", "#[events(other)]", |item| {
            let key = &item.key;
            if (key == "from" || key == "any_version") && !about_versions.contains(key) {
                about_versions.push(key.clone());
            }
            match item.key_text().as_str() {
                "from" => item.once(cx, &mut all.from, |item| types(cx, item)),
                "other" => item.once(cx, &mut all.other, |item| flag(cx, item)),
                "any_version" => item.once(cx, &mut all.any_version, |item| flag(cx, item)),
                _ => {
                    item.unknown(cx, &VARIANT_KEYS, &ENUM_KEYS, "the enum");
                }
            }
        });
        if all.other.is_some() {
            for useless in about_versions {
                let message = format!(
                    "`{useless}` has no effect next to `other`, which takes every version; remove it"
                );
                cx.error(&useless, message);
            }
        }
        all
    }
}

fn flag(cx: &Ctxt, item: &Item) {
    let key = &item.key;
    item.bare(
        cx,
        &format!("`{key}` takes no value; write `#[events({key})]`"),
    );
}

/// The types in `from(…)`.
fn types(cx: &Ctxt, item: &Item) -> Vec<Type> {
    let key = &item.key;
    let example = "`from(v1::ItemImported)`";
    let Some(list) = item.list() else {
        let message = format!("`{key}` takes a list of older versions; write {example}");
        cx.error(key, message);
        return Vec::new();
    };
    if list.is_empty() {
        let message = format!("`{key}` lists no versions; write {example}, or remove it");
        cx.error(key, message);
        return Vec::new();
    }
    match Punctuated::<Type, Token![,]>::parse_terminated.parse2(list) {
        Ok(types) => types.into_iter().map(ungrouped).collect(),
        Err(error) => {
            let message = format!("`{key}` takes types; write {example}");
            cx.error_at(error.span(), message);
            Vec::new()
        }
    }
}

/// Strips the invisible group that `macro_rules!` puts around a type.
pub(crate) fn ungrouped(ty: Type) -> Type {
    match ty {
        Type::Group(group) => ungrouped(*group.elem),
        ty => ty,
    }
}

/// The type as its author wrote it.
pub(crate) fn text(ty: &Type) -> String {
    let text = crate::ctxt::ungrouped(ty.to_token_stream()).to_string();
    text.replace(' ', "").replace(',', ", ")
}

/// Reports `#[events(…)]` on a field of a variant.
pub(crate) fn report_misplaced(cx: &Ctxt, attrs: &[Attribute], name: &Ident) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("events")) {
        let message = format!(
            "`#[events(…)]` belongs on the enum or a variant; move it to the variant `{name}`"
        );
        cx.error(attr.path(), message);
    }
}
