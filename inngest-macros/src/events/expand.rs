//! Generates the code of `derive(Events)`.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{DeriveInput, Path, Type, parse_quote};

use super::ast::{Events, Variant, event_type};
use super::attr::text;
use crate::expand::{alias, at, mentions};

/// Implements `Events` for an enum with mistakes, so that its uses cause no further errors.
pub(crate) fn stub(input: &DeriveInput, krate: &Path) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let alias = alias(krate);
    quote! {
        const _: () = {
            #alias
            #[automatically_derived]
            #[allow(deprecated)]
            impl #impl_generics __inngest::Events for #ident #ty_generics #where_clause {
                const __KINDS: __inngest::derive_support::Kinds =
                    __inngest::derive_support::Kinds::NONE;
                fn __decode(
                    __inngest_parts: &__inngest::EventParts<'_>,
                ) -> __inngest::derive_support::Result<Self, __inngest::DecodeError> {
                    __inngest::derive_support::unknown(&Self::__KINDS, __inngest_parts)
                }
            }
        };
    }
}

pub(crate) fn events(events: &Events<'_>, krate: &Path) -> TokenStream {
    let input = events.input;
    let ident = &input.ident;
    // Rustc evaluates the constants of a generic enum only for the types it is used with.
    let is_generic = !input.generics.params.is_empty();
    let mut code = Code {
        is_generic,
        ..Code::default()
    };
    for (index, variant) in events.variants.iter().enumerate() {
        code.variant(index, variant);
    }
    let Code {
        kinds,
        arms,
        other,
        functions,
        assertions,
        len,
        ..
    } = code;
    let other = other.unwrap_or_else(|| {
        quote!(__inngest::derive_support::unknown(
            &Self::__KINDS,
            __inngest_parts
        ))
    });
    let len = Literal::usize_unsuffixed(len);

    let mut generics = input.generics.clone();
    let parameters: Vec<Ident> = generics.type_params().map(|p| p.ident.clone()).collect();
    for Variant { ty, attrs, .. } in &events.variants {
        if attrs.other.is_none() && mentions(ty.to_token_stream(), &parameters) {
            let predicates = &mut generics.make_where_clause().predicates;
            predicates.push(parse_quote!(#ty: __inngest::FromEvent));
        }
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let (generic_assertions, proof) = if is_generic {
        let assertions = quote! {
            let __inngest_kinds = __inngest_table.kinds();
            #(#assertions;)*
        };
        // Only a registry knows which instances to add.
        (Some(assertions), None)
    } else {
        let proof = quote! {
            #[allow(deprecated)]
            const __INNGEST_KINDS: __inngest::derive_support::Kinds =
                <#ident as __inngest::Events>::__KINDS;
            // One constant per assertion, so that rustc reports all mistakes.
            #(const _: () = #assertions;)*
            #[allow(deprecated)]
            const __INNGEST_LINK: __inngest::derive_support::Link =
                __inngest::derive_support::link::<#ident>;
            __inngest::derive_support::__once!(__INNGEST_LINK);
        };
        (None, Some(proof))
    };
    let alias = alias(krate);
    quote! {
        const _: () = {
            #alias
            #functions
            #[automatically_derived]
            #[allow(deprecated)]
            impl #impl_generics __inngest::Events for #ident #ty_generics #where_clause {
                const __KINDS: __inngest::derive_support::Kinds = {
                    let __inngest_table: &'static __inngest::derive_support::Table<#len> = &const {
                        let mut __inngest_table = __inngest::derive_support::Table::new();
                        #kinds
                        __inngest_table
                    };
                    #generic_assertions
                    __inngest_table.kinds()
                };
                fn __decode(
                    __inngest_parts: &__inngest::EventParts<'_>,
                ) -> __inngest::derive_support::Result<Self, __inngest::DecodeError> {
                    match __inngest::derive_support::find(&Self::__KINDS, __inngest_parts) {
                        #arms
                        _ => #other,
                    }
                }
            }
            #proof
        };
    }
}

#[derive(Default)]
struct Code {
    /// Adds each kind to the table.
    kinds: TokenStream,
    /// Decodes each kind.
    arms: TokenStream,
    /// Handles the events that no other variant takes.
    other: Option<TokenStream>,
    /// Converts older versions.
    functions: TokenStream,
    /// Proves that kinds are distinct, and that older versions convert.
    assertions: Vec<TokenStream>,
    /// The number of kinds.
    len: usize,
    /// Whether the enum is generic. If so, the assertions read the kinds from a local variable.
    is_generic: bool,
}

impl Code {
    fn variant(&mut self, index: usize, variant: &Variant<'_>) {
        let Variant { ident, ty, attrs } = variant;
        let span = at(ty.span());
        if attrs.other.is_some() {
            self.other = Some(quote_spanned! {span=>
                __inngest::derive_support::other::<_, #ty>(Self::#ident, __inngest_parts)
            });
            return;
        }
        let any_version = attrs
            .any_version
            .as_ref()
            .map(|_| quote!(.with_any_version()));
        let kind = kind(ty);
        self.kinds
            .extend(quote_spanned!(span=> __inngest_table.add(#kind #any_version);));
        let make = quote_spanned! {span=>
            <#ty as __inngest::FromEvent>::from_event(__inngest_parts).map(Self::#ident)
        };
        self.arm(span, &make);
        if let Some(from) = &attrs.from {
            self.older(index, variant, &from.value);
        }
    }

    fn arm(&mut self, span: Span, decode: &TokenStream) {
        let index = Literal::usize_unsuffixed(self.len);
        let kinds = if self.is_generic {
            quote_spanned!(span=> &__inngest_kinds)
        } else {
            quote_spanned!(span=> &__INNGEST_KINDS)
        };
        self.assertions.push(quote_spanned! {span=>
            __inngest::derive_support::assert_distinct(#kinds, #index)
        });
        self.arms.extend(quote!(#index => #decode,));
        self.len += 1;
    }

    /// Converts the older versions of a variant into its event type, the first of `nodes`.
    fn older(&mut self, index: usize, variant: &Variant<'_>, older: &[Type]) {
        let Variant { ident, ty, .. } = variant;
        let target = event_type(ty);
        let nodes: Vec<&Type> = std::iter::once(target).chain(older).collect();
        let len = Literal::usize_unsuffixed(nodes.len());
        let routes = format_ident!("__INNGEST_ROUTES_{index}");
        let steps = nodes.iter().enumerate().map(|(from_position, from)| {
            let exists = nodes.iter().enumerate().map(|(to_position, to)| {
                if from_position == 0 || from_position == to_position {
                    quote!(false)
                } else {
                    quote!(__inngest::derive_support::Step::<#from, #to>::EXISTS)
                }
            });
            quote!([#(#exists),*])
        });
        self.functions.extend(quote! {
            #[allow(deprecated)]
            const #routes: [__inngest::derive_support::usize; #len] = {
                #[allow(unused_imports)]
                use __inngest::derive_support::NoStep as _;
                __inngest::derive_support::routes([#(#steps),*])
            };
        });
        let newest = kind(ty);
        let target_text = text(target);
        for (position, from) in nodes.iter().enumerate().skip(1) {
            let span = at(from.span());
            let kind = kind(from);
            let next = Literal::usize_unsuffixed(position);
            self.kinds
                .extend(quote_spanned!(span=> __inngest_table.add(#kind);));
            self.assertions.push(quote_spanned! {span=>
                __inngest::derive_support::assert_older(
                    &#routes, #next, &#kind, &#newest, #target_text,
                )
            });
            let function = upgrade_function(index, position, span);
            self.arm(span, &quote_spanned! {span=>
                <#from as __inngest::FromEvent>::from_event(__inngest_parts)
                    .and_then(|__inngest_older| #function(__inngest_older, __inngest_parts))
                    .and_then(|__inngest_event| {
                        __inngest::derive_support::wrap::<#ty, #target>(__inngest_event, __inngest_parts)
                    })
                    .map(Self::#ident)
            });
            self.convert(index, position, &nodes, &routes);
        }
    }

    /// Generates a function that converts one older version into the variant's event type.
    fn convert(&mut self, index: usize, position: usize, nodes: &[&Type], routes: &Ident) {
        let [target, ..] = nodes else { return };
        let Some(from) = nodes.get(position) else {
            return;
        };
        let span = at(from.span());
        let from_text = text(from);
        let step = |to: &Type| {
            let to_text = text(to);
            quote_spanned! {span=>
                __inngest::derive_support::step(
                    __inngest::derive_support::Step::<#from, #to>::convert(__inngest_older),
                    __inngest_parts, #from_text, #to_text,
                )
            }
        };
        let others = nodes.iter().enumerate().skip(1);
        let indirect = others.filter(|(other, _)| *other != position).map(|(other, to)| {
            let step = step(to);
            let function = upgrade_function(index, other, span);
            let other = Literal::usize_unsuffixed(other);
            quote_spanned! {span=>
                #other => #step.and_then(|__inngest_newer| #function(__inngest_newer, __inngest_parts)),
            }
        });
        let direct = step(target);
        let name = upgrade_function(index, position, span);
        let position = Literal::usize_unsuffixed(position);
        self.functions.extend(quote! {
            #[allow(deprecated)]
            fn #name(
                __inngest_older: #from,
                __inngest_parts: &__inngest::EventParts<'_>,
            ) -> __inngest::derive_support::Result<#target, __inngest::DecodeError> {
                #[allow(unused_imports)]
                use __inngest::derive_support::NoStep as _;
                match const { __inngest::derive_support::next(&#routes, #position) } {
                    #(#indirect)*
                    _ => #direct,
                }
            }
        });
    }
}

fn kind(ty: &Type) -> TokenStream {
    let label = text(ty);
    quote_spanned! {at(ty.span())=>
        __inngest::derive_support::Kind::new(
            <#ty as __inngest::FromEvent>::NAME,
            <#ty as __inngest::FromEvent>::VERSION,
            #label,
        )
    }
}

/// The name of the function that converts one older version.
fn upgrade_function(index: usize, position: usize, span: Span) -> Ident {
    Ident::new(&format!("__inngest_upgrade_{index}_{position}"), span)
}
