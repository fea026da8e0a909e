//! The code of `derive(Event)`.
//!
//! For `ItemImported` with the id `item-imported-{item_id}` it is
//!
//! ```text
//! const _: () = {
//!     use ::inngest_core as __inngest;
//!     impl __inngest::Event for ItemImported {
//!         const NAME: &'static str = "storefront/item.imported";
//!         …
//!         const __ID: &'static [IdPiece] = &[text("item-imported-"), id_field::<String>().piece("item_id")];
//!         fn __write_id(&self, id: &mut IdWriter<'_>) {
//!             id.push_str("item-imported-");
//!             id_field::<String>().write("item_id", &self.item_id, id);
//!         }
//!     }
//!     const _: () = assert_unambiguous(<ItemImported as Event>::__ID);
//!     __inngest::__register!(ItemImported);
//! };
//! ```
//!
//! A field's type stands in the code with the place where its author wrote it, and each bound on
//! it is asked for by one function only: rustc then reports a type that does not fit once, there.

use inngest_grammar::template::{Piece, Placeholder};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{DeriveInput, GenericParam, Generics, Index, Member, Path, Type, parse_quote};

use crate::ast::{Event, Field};
use crate::valid::{Id, Valid, session_key};

/// The path of `inngest-core`.
pub(crate) fn crate_path(given: Option<&Path>) -> Path {
    given
        .cloned()
        .unwrap_or_else(|| parse_quote!(::inngest_core))
}

/// The one name by which generated code calls this crate.
pub(crate) fn alias(krate: &Path) -> TokenStream {
    // With the place of the path, where rustc says that there is nothing at it.
    let last = krate
        .segments
        .last()
        .map_or_else(Span::call_site, |last| last.ident.span());
    let span = Span::call_site().located_at(last);
    quote_spanned!(span=> use #krate as __inngest;)
}

/// The struct's generics with `Serialize` and `JsonSchema`, which an event has: a generic struct
/// has them only for some types.
pub(crate) fn with_supertraits(input: &DeriveInput) -> Generics {
    let mut generics = input.generics.clone();
    if is_generic(input) {
        let ident = &input.ident;
        let (_, ty_generics, _) = input.generics.split_for_impl();
        let bound = parse_quote! {
            #ident #ty_generics: __inngest::__private::Serialize + __inngest::__private::JsonSchema
        };
        generics.make_where_clause().predicates.push(bound);
    }
    generics
}

/// Whether the struct has parameters other than lifetimes.
fn is_generic(input: &DeriveInput) -> bool {
    let mut params = input.generics.params.iter();
    params.any(|param| !matches!(param, GenericParam::Lifetime(_)))
}

pub(crate) fn event(event: &Event<'_>, valid: &Valid, krate: &Path) -> TokenStream {
    let input = event.input;
    let ident = &input.ident;
    let mut generics = with_supertraits(input);
    add_field_bounds(&mut generics, event, valid);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();

    let alias = alias(krate);
    let name = &valid.name;
    let version = option(valid.version.as_ref());
    let id_template = option(valid.id.as_ref().map(|id| &id.text));
    let id = id(event, valid.id.as_ref());
    let ts = ts(event);
    let user = user(event);
    let sessions = sessions(event);
    let checks = (!is_generic(input)).then(|| checks(input, valid.id.as_ref()));
    quote! {
        #[doc(hidden)]
        #[allow(deprecated)]
        const _: () = {
            #alias
            #[automatically_derived]
            impl #impl_generics __inngest::Event for #ident #ty_generics #where_clause {
                const NAME: &'static __inngest::__private::str = #name;
                const VERSION: __inngest::__private::Option<&'static __inngest::__private::str> = #version;
                const ID_TEMPLATE: __inngest::__private::Option<&'static __inngest::__private::str> = #id_template;
                #id
                #ts
                #user
                #sessions
            }
            #checks
        };
    }
}

fn option(value: Option<impl ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(__inngest::__private::Option::Some(#value)),
        None => quote!(__inngest::__private::Option::None),
    }
}

/// What holds for one type and not for each instance of a generic one.
fn checks(input: &DeriveInput, id: Option<&Id>) -> TokenStream {
    let ident = &input.ident;
    let lifetimes = input.generics.params.iter().map(|_| quote!('static));
    let ty = if input.generics.params.is_empty() {
        quote!(#ident)
    } else {
        quote!(#ident<#(#lifetimes),*>)
    };
    let proof = id.map(|id| {
        let pieces = quote!(<#ty as __inngest::Event>::__ID);
        let proof = proof(id, &pieces);
        quote!(const _: () = #proof;)
    });
    quote! {
        #proof
        __inngest::__register!(#ty);
    }
}

/// The proof that the id is unambiguous, which needs the fields' types.
fn proof(id: &Id, pieces: &TokenStream) -> TokenStream {
    match id.may_be_ambiguous {
        None => quote_spanned!(id.span=> __inngest::__private::assert_unambiguous(#pieces)),
        Some(span) => quote_spanned!(span=> __inngest::__private::assert_ambiguous(#pieces)),
    }
}

fn id(event: &Event<'_>, id: Option<&Id>) -> TokenStream {
    let Some(id) = id else {
        return quote!(
            const __ID: &'static [__inngest::__private::IdPiece] = &[];
        );
    };
    let mut pieces = Vec::new();
    let mut writes = Vec::new();
    for piece in id.template.pieces() {
        match piece {
            Piece::Text(text) => {
                pieces.push(quote!(__inngest::__private::text(#text)));
                writes.push(quote!(__inngest_id.push_str(#text);));
            }
            Piece::Placeholder(placeholder) => {
                let path = placeholder.path();
                let field = id_field(event, placeholder, id.span);
                let value = &field.value;
                let field = &field.printer;
                pieces.push(quote!(#field.piece(#path)));
                writes.push(quote!(#field.write(#path, #value, __inngest_id);));
            }
        }
    }
    // What is generic is proved for each instance that is sent.
    let proof = (is_generic(event.input) && id.may_be_ambiguous.is_none()).then(|| {
        let proof = proof(id, &quote!(<Self as __inngest::Event>::__ID));
        quote!(const { #proof };)
    });
    quote! {
        const __ID: &'static [__inngest::__private::IdPiece] = &[#(#pieces),*];
        fn __write_id(&self, __inngest_id: &mut __inngest::__private::IdWriter<'_>) {
            #proof
            #(#writes)*
        }
    }
}

/// How the field of a placeholder is printed, and what is given to that.
struct IdField {
    printer: TokenStream,
    value: TokenStream,
}

fn id_field(event: &Event<'_>, placeholder: &Placeholder, span: Span) -> IdField {
    let members = members(event, placeholder, span);
    if let [_] = members.as_slice()
        && let Some(Field { ident, ty, .. }) = field_of(event, placeholder)
    {
        return IdField {
            printer: quote_spanned!(ty.span()=> __inngest::__private::id_field::<#ty>()),
            value: quote!(&self.#ident),
        };
    }
    // Only the compiler knows the type at the end of a path, and says once what is wrong with it.
    IdField {
        printer: quote_spanned! {span=>
            __inngest::__private::id_field_at(|__inngest_event: &Self| &__inngest_event #(.#members)*)
        },
        value: quote!(self),
    }
}

fn field_of<'a, 'b>(event: &'a Event<'b>, placeholder: &Placeholder) -> Option<&'a Field<'b>> {
    let first = placeholder.segments().next()?;
    event.fields.iter().find(|field| field.name == first)
}

/// The path of a placeholder as Rust writes it.
fn members(event: &Event<'_>, placeholder: &Placeholder, span: Span) -> Vec<Member> {
    let mut members: Vec<Member> = placeholder
        .segments()
        .map(|segment| match segment.parse() {
            Ok(index) => Member::Unnamed(Index { index, span }),
            Err(_) => Member::Named(ident(segment, span)),
        })
        .collect();
    if let (Some(first), Some(field)) = (members.first_mut(), field_of(event, placeholder)) {
        *first = Member::Named(field.ident.clone());
    }
    members
}

/// An identifier, raw where it has to be.
fn ident(name: &str, span: Span) -> Ident {
    match syn::parse_str::<Ident>(name) {
        Ok(mut ident) => {
            ident.set_span(span);
            ident
        }
        Err(_) => Ident::new_raw(name, span),
    }
}

fn ts(event: &Event<'_>) -> Option<TokenStream> {
    let field = event.fields.iter().find(|field| field.attrs.ts.is_some())?;
    let Field { ident, ty, .. } = field;
    let millis = quote_spanned!(ty.span()=> __inngest::__private::timestamp::<#ty>(&self.#ident));
    Some(quote! {
        fn __timestamp(&self) -> __inngest::__private::Option<__inngest::__private::i64> {
            #millis
        }
    })
}

fn user(event: &Event<'_>) -> Option<TokenStream> {
    let field = event
        .fields
        .iter()
        .find(|field| field.attrs.user.is_some())?;
    let Field { ident, ty, .. } = field;
    let schema = quote_spanned!(ty.span()=> __inngest::__private::subschema::<#ty>);
    let write = quote_spanned!(ty.span()=> __inngest_user.write::<#ty>(&self.#ident));
    Some(quote! {
        const __USER: __inngest::__private::Option<__inngest::__private::SchemaFn> =
            __inngest::__private::Option::Some(#schema);
        fn __write_user(&self, __inngest_user: &mut __inngest::__private::UserWriter<'_>) {
            #write
        }
    })
}

fn sessions(event: &Event<'_>) -> Option<TokenStream> {
    let mut specs = Vec::new();
    let mut writes = Vec::new();
    for field in &event.fields {
        let Some(session) = &field.attrs.session else {
            continue;
        };
        let Field { ident, ty, .. } = field;
        let key = session_key(field, session);
        let field = quote_spanned!(ty.span()=> __inngest::__private::session_field::<#ty>());
        specs.push(quote!(#field.spec(#key)));
        writes.push(quote!(#field.write(#key, &self.#ident, __inngest_sessions);));
    }
    (!specs.is_empty()).then(|| {
        quote! {
            const __SESSIONS: &'static [__inngest::__private::SessionSpec] = &[#(#specs),*];
            fn __write_sessions(
                &self,
                __inngest_sessions: &mut __inngest::__private::SessionWriter<'_>,
            ) {
                #(#writes)*
            }
        }
    })
}

/// Bounds for the fields whose types have the struct's parameters in them.
fn add_field_bounds(generics: &mut Generics, event: &Event<'_>, valid: &Valid) {
    let parameters: Vec<Ident> = generics
        .type_params()
        .map(|param| param.ident.clone())
        .collect();
    let mut bounds: Vec<(&Type, TokenStream)> = Vec::new();
    for field in &event.fields {
        if !mentions(field.ty.to_token_stream(), &parameters) {
            continue;
        }
        let mut bound = |bound| bounds.push((field.ty, bound));
        let mut placeholders = valid.id.iter().flat_map(|id| id.template.placeholders());
        if placeholders.any(|placeholder| placeholder.path() == field.name) {
            bound(quote!(__inngest::IdPart));
        }
        if field.attrs.ts.is_some() {
            bound(quote!(__inngest::Timestamp));
        }
        if field.attrs.user.is_some() {
            bound(quote!(
                __inngest::__private::Serialize + __inngest::__private::JsonSchema
            ));
        }
        if field.attrs.session.is_some() {
            bound(quote!(__inngest::SessionField));
        }
    }
    if !bounds.is_empty() {
        let predicates = &mut generics.make_where_clause().predicates;
        predicates.extend(
            bounds
                .into_iter()
                .map(|(ty, bound)| -> syn::WherePredicate { parse_quote!(#ty: #bound) }),
        );
    }
}

fn mentions(tokens: TokenStream, parameters: &[Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => parameters.contains(&ident),
        TokenTree::Group(group) => mentions(group.stream(), parameters),
        _ => false,
    })
}
