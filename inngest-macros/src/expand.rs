//! Generates the code of `derive(Event)`.
//!
//! For `ItemImported` with the id `item-imported-{item_id}`, the code is
//!
//! ```text
//! ::inngest_core::__event! {
//!     ItemImported "storefront/item.imported" "" "item-imported-{item_id}" "src/events.rs:12"
//!     once ::inngest_core::derive_support::link::<ItemImported>;
//!     id "item-imported-" "item_id" item_id: String;;
//! }
//! ```
//!
//! The macro contains everything that all events share. This module generates as few tokens as
//! possible, in one stream: Cargo builds derives without optimization, so each token is slow to
//! create, and each stream is a call into the compiler.
//!
//! A field's type keeps the span at which its author wrote it, and the code requires each bound on
//! the type in one place. So rustc reports a missing bound once, at that span.

use inngest_grammar::template::{Piece, Placeholder};
use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{
    DeriveInput, GenericParam, Generics, Index, Member, Path, Type, WhereClause, parse_quote,
    parse_quote_spanned,
    punctuated::Punctuated,
    token::{Colon, PathSep, Semi, Where},
};

use crate::ast::{Event, Field};
use crate::valid::{Id, Valid, session_key};

/// The path of `inngest-core`: the given one, or `::inngest_core`.
pub(crate) fn crate_path(given: Option<&Path>) -> Path {
    given.cloned().unwrap_or_else(|| Path {
        leading_colon: Some(PathSep::default()),
        ..Ident::new("inngest_core", Span::call_site()).into()
    })
}

/// Imports our crate as `__inngest`, the only name by which the generated code refers to it.
pub(crate) fn alias(krate: &Path) -> TokenStream {
    // Use the span of the path, where rustc reports an unresolved import.
    let last = krate.segments.last();
    let span = last.map_or_else(Span::call_site, |last| at(last.ident.span()));
    quote_spanned!(span=> use #krate as __inngest;)
}

/// The location of a user's token, for identifiers that the derive creates.
///
/// The result has the location of the user's token but the hygiene of the derive. A token that came
/// through `macro_rules!` has its own hygiene, and a `self` or local variable with that hygiene would
/// not resolve to the one in the generated function. Punctuation does not resolve, so it can keep
/// the user's span: if an expression begins and ends with such punctuation, rustc reports errors in
/// it without mentioning the derive.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// The struct's generics, plus a bound for the supertraits of `Event`. A generic struct implements
/// them only for some type arguments.
///
/// The clause has the struct's span. Without it, rustc would suggest adding a missing bound inside
/// the macro.
pub(crate) fn with_supertraits(input: &DeriveInput, krate: &Path) -> Generics {
    let mut generics = input.generics.clone();
    if is_generic(input) {
        let ident = &input.ident;
        let (_, ty_generics, _) = input.generics.split_for_impl();
        let span = at(ident.span());
        let bound = parse_quote_spanned! {span=>
            #ident #ty_generics: #krate::derive_support::EventData
        };
        let clause = generics.where_clause.get_or_insert_with(|| WhereClause {
            where_token: Where(span),
            predicates: Punctuated::new(),
        });
        clause.predicates.push(bound);
    }
    generics
}

/// Whether the struct has type or const parameters.
fn is_generic(input: &DeriveInput) -> bool {
    let mut params = input.generics.params.iter();
    params.any(|param| !matches!(param, GenericParam::Lifetime(_)))
}

pub(crate) fn event(event: &Event<'_>, valid: &Valid, krate: &Path) -> TokenStream {
    let input = event.input;
    let mut generics = with_supertraits(input, krate);
    add_field_bounds(&mut generics, event, valid, krate);

    let once = (!is_generic(input)).then(|| once(input, valid.id.as_ref(), krate));
    let id = valid.id.as_ref().map(|id| IdTokens { event, id, krate });
    let (ts, user, sessions) = (ts(event, krate), user(event, krate), sessions(event, krate));
    let has_items = ts.is_some() || user.is_some() || sessions.is_some();
    let items = has_items.then(|| quote!({ #ts #user #sessions }));
    let rest = quote!(#once #id #items);
    let call = call(input, &generics, Some(valid), krate, &rest);
    let functions = valid.id.as_ref().map(|id| path_functions(event, id, krate));
    match functions {
        Some(functions) if !functions.is_empty() => quote!(const _: () = { #functions #call };),
        _ => call,
    }
}

/// The call of `__event!`, which contains everything that all events share.
pub(crate) fn call(
    input: &DeriveInput,
    generics: &Generics,
    valid: Option<&Valid>,
    krate: &Path,
    rest: &TokenStream,
) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let has_generics = !generics.params.is_empty() || where_clause.is_some();
    let generics = has_generics.then(|| quote!([#impl_generics] [#ty_generics] [#where_clause]));
    let name = valid.map_or("", |valid| &valid.name);
    let version = valid.and_then(|valid| valid.version.as_deref());
    let version = version.unwrap_or_default();
    let template = valid.and_then(|valid| valid.id.as_ref());
    let template = template.map_or("", |id| &id.text);
    let derive = Span::call_site();
    let source = format!("{}:{}", derive.file(), derive.start().line);
    quote! {
        #krate::__event! {
            #ident #generics #name #version #template #source
            #rest
        }
    }
}

/// The code that a type needs once. A generic type has none, because only its instances are events.
fn once(input: &DeriveInput, id: Option<&Id>, krate: &Path) -> TokenStream {
    let ident = &input.ident;
    let lifetimes = (!input.generics.params.is_empty()).then(|| {
        let lifetimes = input.generics.params.iter().map(|_| quote!('static));
        quote!(<#(#lifetimes),*>)
    });
    let ty = quote!(#ident #lifetimes);
    match id.and_then(|id| proof(id, &ty, krate)) {
        Some(proof) => quote!(once #proof;),
        None => quote!(once #krate::derive_support::link::<#ty>;),
    }
}

/// The assertion that the id of a type is unambiguous, if that depends on the field types.
///
/// All tokens have the span of the id, because rustc reports a failed assertion at the beginning of
/// the expression.
fn proof(id: &Id, ty: &TokenStream, krate: &Path) -> Option<TokenStream> {
    let edges = id.template.edges();
    let parts = edges.len() / 2;
    let edges = Literal::string(&edges);
    let (span, assertion) = match id.may_be_ambiguous {
        // A single part is always the text between its surroundings.
        None if parts < 2 => return None,
        None => (id.span, "assert_unambiguous"),
        Some(span) => (span, "assert_ambiguous"),
    };
    let support = Ident::new("derive_support", at(span));
    let assertion = Ident::new(assertion, at(span));
    let krate = path_at(span, krate);
    Some(quote_spanned!(span=> #krate::#support::#assertion::<#ty>(#edges)))
}

/// A path with all tokens moved to one location.
///
/// The tokens keep their hygiene, because `$crate` resolves only with its original hygiene.
fn path_at(span: Span, path: &Path) -> Path {
    let mut path = path.clone();
    if path.leading_colon.is_some() {
        path.leading_colon = Some(PathSep(span));
    }
    for segment in &mut path.segments {
        let resolved = segment.ident.span();
        segment.ident.set_span(resolved.located_at(span));
    }
    for separator in path.segments.pairs_mut() {
        if let Some(separator) = separator.into_tuple().1 {
            *separator = PathSep(span);
        }
    }
    path
}

/// The id in the syntax of `__event!`.
struct IdTokens<'a> {
    event: &'a Event<'a>,
    id: &'a Id,
    krate: &'a Path,
}

impl ToTokens for IdTokens<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { event, id, krate } = *self;
        let call_site = Span::call_site();
        Ident::new("id", call_site).to_tokens(tokens);
        // The proof for a generic type runs for each instance that the program sends.
        if is_generic(event.input) && id.may_be_ambiguous.is_none() {
            let proof = proof(id, &quote!(Self), krate);
            proof
                .map(|proof| quote!([const { #proof };]))
                .to_tokens(tokens);
        }
        let mut text_before = "";
        for piece in id.template.pieces() {
            match piece {
                Piece::Text(text) => text_before = text,
                Piece::Placeholder(placeholder) => {
                    text_before.to_tokens(tokens);
                    placeholder.path().to_tokens(tokens);
                    id_field(event, placeholder, id.span, tokens);
                    Semi(call_site).to_tokens(tokens);
                    text_before = "";
                }
            }
        }
        if !text_before.is_empty() {
            quote!(+ #text_before).to_tokens(tokens);
        }
        Semi(call_site).to_tokens(tokens);
    }
}

/// Writes the field of a placeholder in the syntax of `__event!`.
fn id_field(event: &Event<'_>, placeholder: &Placeholder, span: Span, tokens: &mut TokenStream) {
    let members = members(event, placeholder, span);
    if let [_] = members.as_slice()
        && let Some(Field { ident, ty, .. }) = field_of(event, placeholder)
    {
        ident.to_tokens(tokens);
        Colon(Span::call_site()).to_tokens(tokens);
        ty.to_tokens(tokens);
        return;
    }
    // Only the compiler knows the type at the end of a path. It reports a wrong type once, here.
    let [this, event] = ["Self", "__inngest_event"].map(|name| Ident::new(name, at(span)));
    let get = quote_spanned!(span=> |#event| &#event #(.#members)*);
    let function = path_function(placeholder, span);
    quote_spanned!(span=> { #function::<#this, _>(#get) }).to_tokens(tokens);
}

/// The name of the function that describes the field of a nested placeholder.
fn path_function(placeholder: &Placeholder, span: Span) -> Ident {
    let path = placeholder.path().replace('.', "_");
    // `{a_b.c}` and `{a.b_c}` need different names.
    let offset = placeholder.span().start;
    Ident::new(&format!("__inngest_{path}_{offset}"), at(span))
}

/// The functions that describe the fields of nested placeholders.
fn path_functions(event: &Event<'_>, id: &Id, krate: &Path) -> TokenStream {
    let nested = id
        .template
        .placeholders()
        .filter(|placeholder| members(event, placeholder, id.span).len() > 1);
    nested
        .map(|placeholder| {
            let function = path_function(placeholder, id.span);
            let bound = function.to_string().replace("__inngest", "IdPart");
            let bound = Ident::new(&bound, at(id.span));
            let label = format!(
                "`{{{{{}}}}}` has this type, which cannot be part of a deduplication id",
                placeholder.path()
            );
            quote!(#krate::__id_field_at!(#function #bound #label);)
        })
        .collect()
}

fn field_of<'a, 'b>(event: &'a Event<'b>, placeholder: &Placeholder) -> Option<&'a Field<'b>> {
    let first = placeholder.segments().next()?;
    event.fields.iter().find(|field| field.name == first)
}

/// The path of a placeholder as Rust field accesses.
fn members(event: &Event<'_>, placeholder: &Placeholder, span: Span) -> Vec<Member> {
    let mut segments = placeholder.segments();
    let first = field_of(event, placeholder).map(|field| {
        segments.next();
        Member::Named(field.ident.clone())
    });
    let nested = segments.map(|segment| match segment.parse() {
        Ok(index) => Member::Unnamed(Index { index, span }),
        Err(_) => Member::Named(ident(segment, span)),
    });
    first.into_iter().chain(nested).collect()
}

/// An identifier, raw if the name is a keyword.
fn ident(name: &str, span: Span) -> Ident {
    match syn::parse_str::<Ident>(name) {
        Ok(mut ident) => {
            ident.set_span(span);
            ident
        }
        Err(_) => Ident::new_raw(name, span),
    }
}

fn ts(event: &Event<'_>, krate: &Path) -> Option<TokenStream> {
    let (Field { ident, ty, .. }, _) = event.fields_with(|attrs| attrs.ts.as_ref()).next()?;
    let millis =
        quote_spanned!(at(ty.span())=> #krate::derive_support::timestamp::<#ty>(&self.#ident));
    Some(quote! {
        fn __timestamp(&self) -> #krate::derive_support::Option<#krate::derive_support::i64> {
            #millis
        }
    })
}

fn user(event: &Event<'_>, krate: &Path) -> Option<TokenStream> {
    let (Field { ident, ty, .. }, _) = event.fields_with(|attrs| attrs.user.as_ref()).next()?;
    let schema = quote_spanned!(at(ty.span())=> #krate::derive_support::subschema::<#ty>);
    let write = quote_spanned! {at(ty.span())=>
        #krate::derive_support::write_user::<#ty>(__inngest_user, &self.#ident)
    };
    Some(quote! {
        const __USER: #krate::derive_support::Option<#krate::derive_support::SchemaFn> =
            #krate::derive_support::Option::Some(#schema);
        fn __write_user(&self, __inngest_user: &mut #krate::derive_support::UserWriter<'_>) {
            #write
        }
    })
}

fn sessions(event: &Event<'_>, krate: &Path) -> Option<TokenStream> {
    let mut specs = Vec::new();
    let mut writes = Vec::new();
    for (field, session) in event.fields_with(|attrs| attrs.session.as_ref()) {
        let Field { ident, ty, .. } = field;
        let key = session_key(field, session);
        let function = match &field.attrs.clear_if_none {
            None => quote!(session_field),
            Some(_) => quote!(clearing_session_field),
        };
        let field = quote_spanned!(at(ty.span())=> #krate::derive_support::#function::<#ty>());
        specs.push(quote!(#field.spec(#key)));
        writes.push(quote!(#field.write(#key, &self.#ident, __inngest_sessions);));
    }
    (!specs.is_empty()).then(|| {
        quote! {
            const __SESSIONS: &'static [#krate::derive_support::SessionSpec] = &[#(#specs),*];
            fn __write_sessions(
                &self,
                __inngest_sessions: &mut #krate::derive_support::SessionWriter<'_>,
            ) {
                #(#writes)*
            }
        }
    })
}

/// Adds bounds for the fields whose types mention the struct's type parameters.
fn add_field_bounds(generics: &mut Generics, event: &Event<'_>, valid: &Valid, krate: &Path) {
    let parameters: Vec<Ident> = generics
        .type_params()
        .map(|param| param.ident.clone())
        .collect();
    if parameters.is_empty() {
        return;
    }
    let mut bounds: Vec<(&Type, TokenStream)> = Vec::new();
    for field in &event.fields {
        if !mentions(field.ty.to_token_stream(), &parameters) {
            continue;
        }
        let mut bound = |bound| bounds.push((field.ty, bound));
        let mut placeholders = valid.id.iter().flat_map(|id| id.template.placeholders());
        if placeholders.any(|placeholder| placeholder.path() == field.name) {
            bound(quote!(#krate::IdPart));
        }
        if field.attrs.ts.is_some() {
            bound(quote!(#krate::Timestamp));
        }
        if field.attrs.user.is_some() {
            bound(quote!(
                #krate::derive_support::Serializable + #krate::derive_support::HasSchema
            ));
        }
        if field.attrs.session.is_some() {
            bound(match &field.attrs.clear_if_none {
                None => quote!(#krate::SessionField),
                Some(_) => quote!(#krate::OptionalSessionField),
            });
        }
    }
    if !bounds.is_empty() {
        let predicates = &mut generics.make_where_clause().predicates;
        // Rustc takes the location of a clause from its last predicate; see `with_supertraits`.
        let last = predicates.pop();
        predicates.extend(
            bounds
                .into_iter()
                .map(|(ty, bound)| -> syn::WherePredicate { parse_quote!(#ty: #bound) }),
        );
        predicates.extend(last);
    }
}

pub(crate) fn mentions(tokens: TokenStream, parameters: &[Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => parameters.contains(&ident),
        TokenTree::Group(group) => mentions(group.stream(), parameters),
        _ => false,
    })
}
