//! What the derive needs to know of `#[serde(…)]`. Serde itself checks that it is well formed.

use syn::{Attribute, LitStr, Path, Token};

/// `#[serde(…)]` on a field.
#[derive(Default)]
pub(crate) struct SerdeField {
    /// The field is not written.
    pub(crate) skipped: bool,
    /// The name it is written under, where that is not its own.
    pub(crate) renamed: Option<LitStr>,
    /// It is not written each time, or not under a name of its own.
    pub(crate) varies: bool,
}

impl SerdeField {
    pub(crate) fn read(attrs: &[Attribute]) -> Self {
        let mut field = Self::default();
        for_each_item(attrs, "serde", |path, value| {
            if path.is_ident("skip") || path.is_ident("skip_serializing") {
                field.skipped = true;
            } else if path.is_ident("rename") {
                field.renamed = value;
            } else if path.is_ident("flatten") || path.is_ident("skip_serializing_if") {
                field.varies = true;
            }
        });
        field
    }
}

/// `#[serde(…)]` on a struct.
#[derive(Default)]
pub(crate) struct SerdeStruct {
    /// `transparent` for serde or schemars: `data`, or its schema, is what the one field is.
    pub(crate) transparent: Option<(&'static str, Path)>,
    /// `into = "…"`: `data` is what another type is.
    pub(crate) into: Option<Path>,
    /// `tag = "…"`: the key under which the name of the struct is written.
    pub(crate) tag: Option<LitStr>,
    /// The names of fields are not those that they are written under.
    pub(crate) renames_all: bool,
}

impl SerdeStruct {
    pub(crate) fn read(attrs: &[Attribute]) -> Self {
        let mut all = Self::default();
        for attribute in ["serde", "schemars"] {
            for_each_item(attrs, attribute, |path, value| {
                if path.is_ident("transparent") {
                    all.transparent = Some((attribute, path.clone()));
                } else if path.is_ident("into") && attribute == "serde" {
                    all.into = Some(path.clone());
                } else if path.is_ident("tag") && attribute == "serde" {
                    all.tag = value;
                } else if path.is_ident("rename_all") {
                    all.renames_all = true;
                }
            });
        }
        all
    }
}

fn for_each_item(attrs: &[Attribute], name: &str, mut each: impl FnMut(&Path, Option<LitStr>)) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        // What serde or schemars cannot read either, they say.
        let _ = attr.parse_nested_meta(|meta| {
            let mut value = None;
            if meta.input.peek(Token![=]) {
                let input = meta.value()?;
                value = input.parse().ok();
            } else if meta.input.peek(syn::token::Paren) {
                meta.parse_nested_meta(|inner| {
                    let text: LitStr = inner.value()?.parse()?;
                    if inner.path.is_ident("serialize") {
                        value = Some(text);
                    }
                    Ok(())
                })?;
            }
            each(&meta.path, value);
            Ok(())
        });
    }
}
