//! What the derive needs to know of `#[serde(…)]` and `#[schemars(…)]`. Serde and schemars check
//! that they are well formed.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::{Attribute, LitStr, Meta};

use crate::ctxt::ungrouped;

/// `#[serde(…)]` and `#[schemars(…)]` on a field.
#[derive(Default)]
pub(crate) struct SerdeField {
    /// The field is not written.
    pub(crate) skipped: bool,
    /// The name it is written under, where that is not its own.
    pub(crate) renamed: Option<LitStr>,
    /// It is not written each time, or not under a name of its own.
    pub(crate) varies: bool,
    /// `serialize_with` or `with`: other code than the type's writes the field.
    pub(crate) written_with: Option<Ident>,
    /// Whether schemars is told what is written.
    pub(crate) has_own_schema: bool,
}

impl SerdeField {
    pub(crate) fn read(attrs: &[Attribute]) -> Self {
        let mut field = Self::default();
        for_each_item(attrs, "serde", |key, value| {
            match key.to_string().as_str() {
                "skip" | "skip_serializing" => field.skipped = true,
                "rename" => field.renamed = serialized(value),
                "flatten" | "skip_serializing_if" => field.varies = true,
                "serialize_with" => field.written_with = Some(key.clone()),
                // Schemars takes the schema of the type that is named here, and ours say what they write.
                "with" if !text(value).is_some_and(|with| is_as_string(&with.value())) => {
                    field.written_with = Some(key.clone());
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

/// Whether a path names `inngest_core::AsString` or `OptionAsString`, as far as its text tells.
fn is_as_string(path: &str) -> bool {
    let last = path.rsplit("::").next().unwrap_or(path);
    matches!(last.trim(), "AsString" | "OptionAsString")
}

/// `#[serde(…)]` and `#[schemars(…)]` on a struct.
#[derive(Default)]
pub(crate) struct SerdeStruct {
    /// `transparent` for serde or schemars: `data`, or its schema, is what the one field is.
    pub(crate) transparent: Option<(&'static str, Ident)>,
    /// `into = "…"`: `data` is what another type is.
    pub(crate) into: Option<Ident>,
    /// `tag = "…"`: the key under which the name of the struct is written.
    pub(crate) tag: Option<LitStr>,
    /// The names of fields are not those that they are written under.
    pub(crate) renames_all: bool,
    /// Whether schemars is told what is written, whatever the fields are.
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

/// Calls `each` with the key and the tokens after it, for each item of all attributes of a name.
///
/// By tokens, because schemars takes any expression as a value, and an item that could not be read
/// would hide those after it.
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

/// The text of `= "…"`.
fn text(value: &[TokenTree]) -> Option<LitStr> {
    match value {
        [TokenTree::Punct(equals), value @ ..] if equals.as_char() == '=' => {
            syn::parse2(ungrouped(value.iter().cloned().collect())).ok()
        }
        _ => None,
    }
}

/// The text of `= "…"`, or of `(serialize = "…")`.
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
