//! What the derive needs to know of `#[serde(…)]`. Serde itself checks that it is well formed.

use syn::{Attribute, LitStr, Path, Token};

/// `#[serde(…)]` on a field.
#[derive(Default)]
pub(crate) struct SerdeField {
    /// The field is not written.
    pub(crate) skipped: bool,
    /// The name it is written under, where that is not its own.
    pub(crate) renamed: Option<String>,
}

impl SerdeField {
    pub(crate) fn read(attrs: &[Attribute]) -> Self {
        let mut field = Self::default();
        for_each_item(attrs, "serde", |path, value| {
            if path.is_ident("skip") || path.is_ident("skip_serializing") {
                field.skipped = true;
            } else if path.is_ident("rename") {
                field.renamed = value;
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
}

impl SerdeStruct {
    pub(crate) fn read(attrs: &[Attribute]) -> Self {
        let mut all = Self::default();
        for attribute in ["serde", "schemars"] {
            for_each_item(attrs, attribute, |path, _| {
                if path.is_ident("transparent") {
                    all.transparent = Some((attribute, path.clone()));
                } else if path.is_ident("into") && attribute == "serde" {
                    all.into = Some(path.clone());
                }
            });
        }
        all
    }
}

fn for_each_item(attrs: &[Attribute], name: &str, mut each: impl FnMut(&Path, Option<String>)) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        // What serde or schemars cannot read either, they say.
        let _ = attr.parse_nested_meta(|meta| {
            let mut value = None;
            if meta.input.peek(Token![=]) {
                let input = meta.value()?;
                value = input.parse::<LitStr>().ok().map(|text| text.value());
            } else if meta.input.peek(syn::token::Paren) {
                meta.parse_nested_meta(|inner| {
                    let text: LitStr = inner.value()?.parse()?;
                    if inner.path.is_ident("serialize") {
                        value = Some(text.value());
                    }
                    Ok(())
                })?;
            }
            each(&meta.path, value);
            Ok(())
        });
    }
}
