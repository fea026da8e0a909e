//! `derive(IdPart)` for newtypes and unit-only enums.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Data, DataEnum, DeriveInput, Field, Fields, Path, parse_quote};

use crate::attr::{Spanned, for_each_item};
use crate::ctxt::Ctxt;
use crate::expand::{alias, crate_path};

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::default();
    let krate = read_crate(&cx, input);
    let body = match &input.data {
        Data::Struct(data) => newtype(&cx, input, &data.fields),
        Data::Enum(data) => unit_enum(&cx, data),
        Data::Union(data) => {
            let message = "a union cannot stand in an event id; write a newtype or an enum of unit \
                           variants";
            cx.error(data.union_token, message);
            None
        }
    };
    let errors = cx.into_compile_errors();
    let body = body.filter(|_| errors.is_none()).unwrap_or_else(|| Body {
        bound: None,
        items: quote! {
            // `Fixed` never makes an id ambiguous, so no follow-up error appears.
            const LANGUAGE: __inngest::Language = __inngest::Language::Fixed;
            fn write_id(&self, _: &mut __inngest::IdWriter<'_>) {}
        },
    });

    let ident = &input.ident;
    let mut generics = input.generics.clone();
    if let Some(bound) = body.bound
        && !generics.params.is_empty()
    {
        generics.make_where_clause().predicates.push(bound);
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let alias = alias(&crate_path(krate.as_ref()));
    let items = body.items;
    quote! {
        #errors
        #[doc(hidden)]
        #[allow(deprecated)]
        const _: () = {
            #alias
            #[automatically_derived]
            impl #impl_generics __inngest::IdPart for #ident #ty_generics #where_clause {
                #items
            }
        };
    }
}

struct Body {
    items: TokenStream,
    bound: Option<syn::WherePredicate>,
}

fn read_crate(cx: &Ctxt, input: &DeriveInput) -> Option<Path> {
    let mut krate: Option<Spanned<Option<Path>>> = None;
    let example = "#[id_part(crate = ::inngest_core)]";
    for_each_item(cx, &input.attrs, "id_part", example, |item| {
        if item.key == "crate" {
            item.once(cx, &mut krate, |item| item.path(cx));
        } else {
            item.unknown(cx, &["crate"], &[], "");
        }
    });
    for attr in inner_attrs(input).filter(|attr| attr.path().is_ident("id_part")) {
        cx.error(
            attr.path(),
            "`#[id_part(…)]` is read on the type only; move it there or remove it",
        );
    }
    krate.and_then(|item| item.value)
}

/// The attributes on fields and variants.
fn inner_attrs(input: &DeriveInput) -> impl Iterator<Item = &syn::Attribute> {
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

/// A newtype prints the value that it wraps.
fn newtype(cx: &Ctxt, input: &DeriveInput, fields: &Fields) -> Option<Body> {
    let mut all = fields.iter();
    let (Some(field), None) = (all.next(), all.next()) else {
        cx.error(
            &input.ident,
            format!(
                "`{}` has {} fields, and a part of an id prints one; write a newtype such as \
                 `struct OrderId(u64)`, or name the fields in the id with `{{field.nested}}`",
                input.ident,
                fields.len()
            ),
        );
        return None;
    };
    let Field { ident, ty, .. } = field;
    let member = match ident {
        Some(ident) => quote!(#ident),
        None => quote!(0),
    };
    Some(Body {
        items: quote! {
            const LANGUAGE: __inngest::Language = <#ty as __inngest::IdPart>::LANGUAGE;
            const PATTERN: &'static __inngest::__private::str = <#ty as __inngest::IdPart>::PATTERN;
            const __KEEPS_TO_LANGUAGE: __inngest::__private::bool =
                <#ty as __inngest::IdPart>::__KEEPS_TO_LANGUAGE;
            fn write_id(&self, __inngest_id: &mut __inngest::IdWriter<'_>) {
                <#ty as __inngest::IdPart>::write_id(&self.#member, __inngest_id);
            }
        },
        bound: Some(parse_quote!(#ty: __inngest::IdPart)),
    })
}

/// An enum of unit variants prints the variant in `snake_case`.
fn unit_enum(cx: &Ctxt, data: &DataEnum) -> Option<Body> {
    if data.variants.is_empty() {
        cx.error(
            data.enum_token,
            "an enum without variants has no values; add a variant or remove `IdPart`",
        );
        return None;
    }
    let mut texts: Vec<(String, &syn::Ident)> = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            cx.error(
                &variant.fields,
                format!(
                    "the variant `{}` has fields, and a part of an id prints only the variant's \
                     name; take the fields out of it",
                    variant.ident
                ),
            );
        }
        let text = snake_case(&variant.ident.unraw().to_string());
        if let Some((_, first)) = texts.iter().find(|(known, _)| *known == text) {
            cx.error(
                &variant.ident,
                format!(
                    "`{}` prints `{text}` as `{first}` does, so different events would share an \
                     id; rename one of the two",
                    variant.ident
                ),
            );
        }
        texts.push((text, &variant.ident));
    }
    let arms = texts
        .iter()
        .map(|(text, ident)| quote!(Self::#ident => #text));
    let alternatives: Vec<&str> = texts.iter().map(|(text, _)| text.as_str()).collect();
    let pattern = format!("(?:{})", alternatives.join("|"));
    Some(Body {
        items: quote! {
            const LANGUAGE: __inngest::Language = __inngest::Language::Word;
            const PATTERN: &'static __inngest::__private::str = #pattern;
            const __KEEPS_TO_LANGUAGE: __inngest::__private::bool = true;
            fn write_id(&self, __inngest_id: &mut __inngest::IdWriter<'_>) {
                __inngest_id.push_str(match self { #(#arms),* });
            }
        },
        bound: None,
    })
}

/// `PointOfSale` → `point_of_sale`, like serde's `rename_all = "snake_case"`.
fn snake_case(variant: &str) -> String {
    let mut snake = String::new();
    for (place, c) in variant.char_indices() {
        if c.is_uppercase() && place > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn snake_case_matches_serde() {
        for (variant, expected) in [
            ("Web", "web"),
            ("PointOfSale", "point_of_sale"),
            ("V2", "v2"),
            ("HTTP", "h_t_t_p"),
            ("Größe", "größe"),
        ] {
            assert_eq!(snake_case(variant), expected);
        }
    }
}
