//! Reads the shapes that `derive(IdPart)` and `derive(SessionField)` support: newtypes and unit-only
//! enums.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::{Attribute, Data, DataEnum, DeriveInput, Field, Fields, Path, Type, WherePredicate};

use crate::attr::{Spanned, for_each_item};
use crate::ctxt::Ctxt;
use crate::expand::{alias, crate_path};

/// A derived trait, and how error messages describe it.
pub(crate) struct Target {
    /// The trait.
    pub(crate) name: &'static str,
    /// The helper attribute.
    pub(crate) attr: &'static str,
    /// The attribute as an example.
    pub(crate) example: &'static str,
    /// What a union cannot do.
    pub(crate) use_of_value: &'static str,
    /// Who uses the value.
    pub(crate) taker: &'static str,
    /// What that user does with the value.
    pub(crate) verb: &'static str,
    /// What to write instead of a struct with several fields.
    pub(crate) instead_of_fields: &'static str,
    /// What two values with the same text would share.
    pub(crate) shared: &'static str,
}

/// A supported type.
pub(crate) enum Shape<'a> {
    /// A struct with one field.
    Newtype {
        /// The type of the field.
        ty: &'a Type,
        /// The name or index of the field.
        member: TokenStream,
    },
    /// An enum of unit variants, with the text of each.
    Enum(Vec<(String, &'a syn::Ident)>),
}

/// The generated implementation.
pub(crate) struct Body {
    pub(crate) items: TokenStream,
    /// The bound that a generic newtype needs.
    pub(crate) bound: Option<WherePredicate>,
}

/// Implements the trait. `body` gets `None` for an unsupported type, and must then generate code that
/// causes no follow-up errors.
pub(crate) fn derive(
    input: &DeriveInput,
    target: &Target,
    body: impl FnOnce(Option<Shape<'_>>) -> Body,
) -> TokenStream {
    let cx = Ctxt::default();
    let krate = read_crate(&cx, input, target);
    let shape = match &input.data {
        Data::Struct(data) => newtype(&cx, input, &data.fields, target),
        Data::Enum(data) => unit_enum(&cx, data, target),
        Data::Union(data) => {
            let message = format!(
                "a union cannot {}; write a newtype or an enum of unit variants",
                target.use_of_value
            );
            cx.error(data.union_token, message);
            None
        }
    };
    let errors = cx.into_compile_errors();
    let Body { items, bound } = body(shape.filter(|_| errors.is_none()));

    let ident = &input.ident;
    let mut generics = input.generics.clone();
    if let Some(bound) = bound
        && !generics.params.is_empty()
    {
        generics.make_where_clause().predicates.push(bound);
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let alias = alias(&crate_path(krate.as_ref()));
    let name = syn::Ident::new(target.name, proc_macro2::Span::call_site());
    quote! {
        #errors
        #[doc(hidden)]
        #[allow(deprecated)]
        const _: () = {
            #alias
            #[automatically_derived]
            impl #impl_generics __inngest::#name for #ident #ty_generics #where_clause {
                #items
            }
        };
    }
}

/// A `match` from the variants of an enum to their texts.
pub(crate) fn match_texts(texts: &[(String, &syn::Ident)]) -> TokenStream {
    let arms = texts
        .iter()
        .map(|(text, ident)| quote!(Self::#ident => #text));
    quote!(match self { #(#arms),* })
}

fn read_crate(cx: &Ctxt, input: &DeriveInput, target: &Target) -> Option<Path> {
    let Target { attr, example, .. } = target;
    let mut krate: Option<Spanned<Option<Path>>> = None;
    for_each_item(cx, &input.attrs, attr, example, |item| {
        if item.key == "crate" {
            item.once(cx, &mut krate, |item| item.path(cx, "::inngest_core"));
        } else {
            item.unknown(cx, &["crate"], &[], "");
        }
    });
    for found in inner_attrs(input).filter(|inner| inner.path().is_ident(attr)) {
        let message = format!("`#[{attr}(…)]` belongs on the type; move it there or remove it");
        cx.error(found.path(), message);
    }
    krate.and_then(|item| item.value)
}

/// The attributes on fields and variants.
fn inner_attrs(input: &DeriveInput) -> impl Iterator<Item = &Attribute> {
    let (fields, variants) = match &input.data {
        Data::Struct(data) => (Some(&data.fields), None),
        Data::Enum(data) => (None, Some(&data.variants)),
        Data::Union(_) => (None, None),
    };
    let fields = fields.into_iter().flat_map(Fields::iter);
    let variants = variants.into_iter().flatten();
    let variant_fields = variants.clone().flat_map(|variant| variant.fields.iter());
    let on_variants = variants.flat_map(|variant| &variant.attrs);
    fields
        .chain(variant_fields)
        .flat_map(|field| &field.attrs)
        .chain(on_variants)
}

/// A newtype has the value that it wraps.
fn newtype<'a>(
    cx: &Ctxt,
    input: &DeriveInput,
    fields: &'a Fields,
    target: &Target,
) -> Option<Shape<'a>> {
    let mut all = fields.iter();
    let (Some(field), None) = (all.next(), all.next()) else {
        cx.error(
            &input.ident,
            format!(
                "`{}` has {} fields, and {} {} one; write a newtype such as {}",
                input.ident,
                fields.len(),
                target.taker,
                target.verb,
                target.instead_of_fields
            ),
        );
        return None;
    };
    let Field { ident, ty, .. } = field;
    let member = match ident {
        Some(ident) => ident.to_token_stream(),
        None => quote!(0),
    };
    Some(Shape::Newtype { ty, member })
}

/// An enum of unit variants has the variant in `snake_case` as its text.
fn unit_enum<'a>(cx: &Ctxt, data: &'a DataEnum, target: &Target) -> Option<Shape<'a>> {
    if data.variants.is_empty() {
        let message = format!(
            "an enum without variants has no values; add a variant or remove `{}`",
            target.name
        );
        cx.error(data.enum_token, message);
        return None;
    }
    let mut texts: Vec<(String, &syn::Ident)> = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            cx.error(
                &variant.fields,
                format!(
                    "the variant `{}` has fields, and {} {} only the variant's name; remove its \
                     fields",
                    variant.ident, target.taker, target.verb
                ),
            );
        }
        let text = snake_case(&variant.ident.unraw().to_string());
        if let Some((_, first)) = texts.iter().find(|(known, _)| *known == text) {
            cx.error(
                &variant.ident,
                format!(
                    "`{first}` and `{}` both print `{text}`, so different {}; rename one of the two",
                    variant.ident, target.shared
                ),
            );
        }
        texts.push((text, &variant.ident));
    }
    Some(Shape::Enum(texts))
}

/// `PointOfSale` → `point_of_sale`, like serde's `rename_all = "snake_case"`: only ASCII capitals become
/// lowercase.
fn snake_case(variant: &str) -> String {
    let mut snake = String::new();
    for (offset, c) in variant.char_indices() {
        if c.is_uppercase() && offset > 0 {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::IntoDeserializer;
    use serde::de::value::{self, StrDeserializer};

    use super::snake_case;

    #[test]
    fn snake_case_matches_serde() {
        macro_rules! compare {
            ($($variant:ident)*) => {
                #[derive(Debug, PartialEq, Deserialize)]
                #[serde(rename_all = "snake_case")]
                #[allow(
                    non_camel_case_types,
                    clippy::upper_case_acronyms,
                    reason = "serde renames every name"
                )]
                enum Kind {
                    $($variant,)*
                }
                for kind in [$(Kind::$variant),*] {
                    let text = snake_case(&format!("{kind:?}"));
                    let text: StrDeserializer<'_, value::Error> = text.as_str().into_deserializer();
                    assert_eq!(Kind::deserialize(text), Ok(kind));
                }
            };
        }
        compare! {
            Web PointOfSale V2 HTTP aB A_B __A _a Größe Äpfel HäÖ Élan ÉÉ DžAb İstanbul Σας ẞ
        }
    }
}
