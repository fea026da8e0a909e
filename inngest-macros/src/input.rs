//! Parses the input of `derive(Event)`.

use proc_macro2::{Punct, Spacing, TokenStream, TokenTree};
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, Data, DataStruct, DeriveInput, Field, FieldModifiers, Fields, FieldsNamed, Token,
    Type,
};

/// The input of a derive, with the types of named fields left as tokens. The derive looks at few of
/// them, and parsing them would take half of syn's time.
pub(crate) struct Input(pub(crate) DeriveInput);

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let whole = input.fork();
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if input.peek(Token![struct]) {
            let struct_token = input.parse()?;
            let ident = input.parse()?;
            let mut generics: syn::Generics = input.parse()?;
            generics.where_clause = input.parse()?;
            if input.peek(syn::token::Brace) {
                let fields;
                let brace_token = syn::braced!(fields in input);
                let named = fields.parse_terminated(field, Token![,])?;
                return Ok(Self(DeriveInput {
                    attrs,
                    vis,
                    ident,
                    generics,
                    data: Data::Struct(DataStruct {
                        struct_token,
                        fields: Fields::Named(FieldsNamed { brace_token, named }),
                        semi_token: None,
                    }),
                }));
            }
        }
        let parsed = whole.parse()?;
        input.advance_to(&whole);
        Ok(Self(parsed))
    }
}

fn field(input: ParseStream<'_>) -> syn::Result<Field> {
    Ok(Field {
        attrs: input.call(Attribute::parse_outer)?,
        vis: input.parse()?,
        modifiers: FieldModifiers::default(),
        ident: Some(input.parse()?),
        colon_token: Some(input.parse()?),
        ty: Type::Verbatim(ty(input)?),
        default: match input.parse()? {
            Some(equals) => Some((equals, input.parse()?)),
            None => None,
        },
    })
}

/// The tokens of a type, up to a `,` or `=` outside of `<` and `>`. The compiler has already parsed the
/// struct, so these tokens are a valid type.
fn ty(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    input.step(|cursor| {
        let mut tokens = Vec::new();
        let mut rest = *cursor;
        let mut open = 0_usize;
        let mut is_arrow = false;
        while let Some((token, after)) = rest.token_tree() {
            if let TokenTree::Punct(punct) = &token {
                match punct.as_char() {
                    ',' | '=' if open == 0 => break,
                    '<' => open += 1,
                    '>' if !is_arrow => open = open.saturating_sub(1),
                    _ => {}
                }
                is_arrow = punct.as_char() == '-' && punct.spacing() == Spacing::Joint;
            }
            tokens.push(token);
            rest = after;
        }
        // The last `>` of `Vec<u8>,` has joint spacing and would merge with a `>` after it.
        if let Some(TokenTree::Punct(last)) = tokens.last_mut() {
            let mut alone = Punct::new(last.as_char(), Spacing::Alone);
            alone.set_span(last.span());
            *last = alone;
        }
        Ok((tokens.into_iter().collect(), rest))
    })
}

#[cfg(test)]
mod tests {
    use super::Input;
    use quote::{ToTokens, quote};
    use syn::{Data, DeriveInput};

    #[test]
    fn input_parses_like_syn() {
        for input in [
            quote!(
                struct A {}
            ),
            quote!(
                pub(crate) struct A {
                    a: u8,
                }
            ),
            quote! {
                /// Doc.
                #[event(name = "a/b")]
                struct A<'a, T: Fn(u8) -> Vec<T>, const N: usize = 3> where T: Into<Vec<u8>>, {
                    #[event(id)]
                    pub r#type: HashMap<String, Vec<(u8, u8)>>,
                    pub(in a::b) f: fn(A, B) -> Result<C, D>,
                    g: Box<dyn Fn(A, B) -> Result<C, D> + 'a>,
                    by_function: HashMap<fn(u8) -> u8, String>,
                    array: [u8; if A < B { 1 } else { 2 }],
                    block: Of<{ A > B }, -1, 'x'>,
                    qualified: <Vec<A> as IntoIterator>::Item,
                    shift: A<B<C<D>>>,
                    defaulted: Option<u8> = None,
                    last: impl_::never!(a, b)
                }
            },
            quote!(
                struct A;
            ),
            quote!(
                struct A(u8, String);
            ),
            quote!(
                struct A<T>(T)
                where
                    T: Copy;
            ),
            quote!(
                enum A {
                    B,
                    C(u8),
                    D { e: u8 },
                }
            ),
            quote!(union A { a: u8 }),
        ] {
            let expected: DeriveInput = syn::parse2(input.clone()).unwrap();
            let Input(read) = syn::parse2(input).unwrap();
            // Syn prints `>>` without a space, so ignore spaces.
            let text =
                |tokens: &dyn ToTokens| tokens.to_token_stream().to_string().replace(' ', "");
            assert_eq!(text(&read), text(&expected));
            let types = |input: &DeriveInput| match &input.data {
                Data::Struct(data) => data.fields.iter().map(|field| text(&field.ty)).collect(),
                _ => Vec::new(),
            };
            assert_eq!(types(&read), types(&expected));
        }
    }
}
