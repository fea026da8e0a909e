//! Reads the parts of `#[serde(…)]` and `#[schemars(…)]` that matter to the derive. Serde and schemars
//! report malformed attributes.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::{Attribute, LitStr, Meta};

use crate::ctxt::ungrouped;

/// `#[serde(…)]` and `#[schemars(…)]` on a field.
#[derive(Default)]
pub(crate) struct SerdeField {
    /// The field is not serialized.
    pub(crate) skipped: bool,
    /// The key of the field, if it differs from the field's name.
    pub(crate) renamed: Option<LitStr>,
    /// The field is not always serialized, or it is flattened.
    pub(crate) has_variable_keys: bool,
    /// `serialize_with` or `with`: a function other than the type's own serializes the field.
    pub(crate) custom_serializer: Option<Ident>,
    /// Whether `#[schemars(…)]` overrides the schema.
    pub(crate) has_own_schema: bool,
}

impl SerdeField {
    pub(crate) fn read(attrs: &[Attribute]) -> Self {
        let mut field = Self::default();
        for_each_item(attrs, "serde", |key, value| {
            match key.to_string().as_str() {
                "skip" | "skip_serializing" => field.skipped = true,
                "rename" => field.renamed = serialized(value),
                "flatten" | "skip_serializing_if" => field.has_variable_keys = true,
                "serialize_with" => field.custom_serializer = Some(key.clone()),
                // Schemars uses the schema of the type named here. Ours match their serialized form.
                "with" if !text(value).is_some_and(|with| is_as_string(&with.value())) => {
                    field.custom_serializer = Some(key.clone());
                }
                _ => {}
            }
        });
        for_each_item(attrs, "schemars", |key, _| {
            field.has_own_schema |= key == "with" || key == "schema_with";
        });
        field
    }
}

/// Whether a path looks like `inngest_core::AsString` or `OptionAsString`, judged by its text.
fn is_as_string(path: &str) -> bool {
    let last = path.rsplit("::").next().unwrap_or(path);
    matches!(last.trim(), "AsString" | "OptionAsString")
}

/// `#[serde(…)]` and `#[schemars(…)]` on a struct.
#[derive(Default)]
pub(crate) struct SerdeStruct {
    /// `transparent` for serde or schemars: the only field replaces `data` or its schema.
    pub(crate) transparent: Option<(&'static str, Ident)>,
    /// `into = "…"`: another type defines `data`.
    pub(crate) into: Option<Ident>,
    /// `tag = "…"`: the key of the struct's name.
    pub(crate) tag: Option<LitStr>,
    /// `rename_all`: the keys differ from the field names.
    pub(crate) renames_all: bool,
    /// Whether `#[schemars(…)]` overrides the schema of the whole struct.
    pub(crate) has_own_schema: bool,
}

impl SerdeStruct {
    pub(crate) fn read(attrs: &[Attribute]) -> Self {
        let mut all = Self::default();
        for attribute in ["serde", "schemars"] {
            for_each_item(attrs, attribute, |key, value| {
                match (key.to_string().as_str(), attribute) {
                    ("transparent", _) => all.transparent = Some((attribute, key.clone())),
                    ("into", "serde") => all.into = Some(key.clone()),
                    ("tag", "serde") => all.tag = text(value),
                    ("rename_all", _) => all.renames_all = true,
                    ("with" | "schema_with", "schemars") => all.has_own_schema = true,
                    _ => {}
                }
            });
        }
        all
    }
}

/// Calls `each` with the key and the remaining tokens of each item, for all attributes of a name.
///
/// This works on tokens, because schemars accepts any expression as a value, and an item that does
/// not parse would hide the items after it.
fn for_each_item(attrs: &[Attribute], name: &str, mut each: impl FnMut(&Ident, &[TokenTree])) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        if let Meta::List(list) = &attr.meta {
            for_each_in_list(list.tokens.clone(), &mut each);
        }
    }
}

fn for_each_in_list(list: TokenStream, each: &mut dyn FnMut(&Ident, &[TokenTree])) {
    let tokens: Vec<TokenTree> = list.into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ',');
    for item in tokens.split(is_comma) {
        let item: Vec<TokenTree> = ungrouped(item.iter().cloned().collect())
            .into_iter()
            .collect();
        if let [TokenTree::Ident(key), value @ ..] = item.as_slice() {
            each(key, value);
        }
    }
}

/// The string literal in `= "…"`.
fn text(value: &[TokenTree]) -> Option<LitStr> {
    match value {
        [TokenTree::Punct(equals), value @ ..] if equals.as_char() == '=' => {
            syn::parse2(ungrouped(value.iter().cloned().collect())).ok()
        }
        _ => None,
    }
}

/// The string literal in `= "…"` or `(serialize = "…")`.
fn serialized(value: &[TokenTree]) -> Option<LitStr> {
    let [TokenTree::Group(list)] = value else {
        return text(value);
    };
    let mut found = None;
    if list.delimiter() == Delimiter::Parenthesis {
        for_each_in_list(list.stream(), &mut |key, value| {
            if key == "serialize" {
                found = text(value);
            }
        });
    }
    found
}
