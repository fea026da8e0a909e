//! Finds the line of a field in the source of an event type.

use std::fs;
use std::path::Path;

use serde_json::Value;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Field, Fields, Ident, Item, Lit, Meta, Token, Type};

use crate::check::Finding;

/// How many flattened structs may be nested. A struct can flatten itself.
const MAX_FLATTENED: usize = 8;

/// Moves a finding about a field from the line of the struct to the line of the field, if the source can be
/// read and the field is found. If the field's struct is in another file, the finding moves to the parent
/// field.
pub(super) fn move_to_field(finding: &mut Finding) {
    let (Some(file), Some(line), Some(path)) = (&finding.file, finding.line, &finding.path) else {
        return;
    };
    let found = read(file).and_then(|text| field_line(&text, line, path));
    finding.line = found.or(finding.line);
}

/// Reads a source file. Its path starts at the workspace, which may be any parent of the current folder.
fn read(file: &str) -> Option<String> {
    let here = std::env::current_dir().ok()?;
    let found = here.ancestors().map(|folder| folder.join(file));
    found
        .filter(|path| path.is_file())
        .find_map(|path| fs::read_to_string(Path::new(&path)).ok())
}

/// The line of the field at a path, such as `data.order.lines[].quantity`, of the event type whose derive is
/// at this line.
fn field_line(source: &str, derive: u32, path: &str) -> Option<u32> {
    let file = syn::parse_file(source).ok()?;
    let mut types = Vec::new();
    collect(&file.items, &mut types);
    let after = |known: &&TypeDef<'_>| line(known.name) >= derive;
    let event = types
        .iter()
        .filter(after)
        .min_by_key(|known| line(known.name))?;
    let segments = segments(path);
    let (first, rest) = segments.split_first()?;
    match first.as_str() {
        "data" => find(&types, event, rest),
        "user" => {
            let mut fields = event.parts.iter().flat_map(|part| part.fields);
            let user = fields.find(|field| has_word(&field.attrs, "event", "user"))?;
            let inner = type_named(&types, &user.ty).and_then(|inner| find(&types, inner, rest));
            inner.or(user.ident.as_ref().map(line))
        }
        _ => None,
    }
}

/// A struct or an enum of the file.
struct TypeDef<'a> {
    name: &'a Ident,
    /// A struct has one part, and an enum has one for each variant.
    parts: Vec<Part<'a>>,
}

struct Part<'a> {
    variant: Option<&'a syn::Variant>,
    fields: &'a Fields,
}

fn collect<'a>(items: &'a [Item], types: &mut Vec<TypeDef<'a>>) {
    for item in items {
        match item {
            Item::Struct(item) => types.push(TypeDef {
                name: &item.ident,
                parts: vec![Part {
                    variant: None,
                    fields: &item.fields,
                }],
            }),
            Item::Enum(item) => {
                let variants = item.variants.iter();
                let part = |variant: &'a syn::Variant| Part {
                    variant: Some(variant),
                    fields: &variant.fields,
                };
                types.push(TypeDef {
                    name: &item.ident,
                    parts: variants.map(part).collect(),
                });
            }
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    collect(items, types);
                }
            }
            _ => {}
        }
    }
}

/// The line of a field below a type. If it is not found, the line of its last parent that is found.
fn find(types: &[TypeDef<'_>], known: &TypeDef<'_>, segments: &[String]) -> Option<u32> {
    find_in(types, known, segments, MAX_FLATTENED)
}

fn find_in(
    types: &[TypeDef<'_>],
    known: &TypeDef<'_>,
    segments: &[String],
    flattened: usize,
) -> Option<u32> {
    let (name, rest) = segments.split_first()?;
    for Part { variant, fields } in &known.parts {
        let Some(variant) = variant else {
            continue;
        };
        if is_called(&variant.ident, &variant.attrs, name, false) {
            let inner = match fields {
                Fields::Unnamed(fields) => {
                    let content = fields.unnamed.first();
                    let content = content.and_then(|field| type_named(types, &field.ty));
                    content.and_then(|content| find(types, content, rest))
                }
                fields => find_among(types, &fields.iter().collect::<Vec<_>>(), rest, flattened),
            };
            return inner.or(Some(line(&variant.ident)));
        }
    }
    let fields: Vec<_> = known.parts.iter().flat_map(|part| part.fields).collect();
    find_among(types, &fields, segments, flattened)
}

fn find_among(
    types: &[TypeDef<'_>],
    fields: &[&Field],
    segments: &[String],
    flattened: usize,
) -> Option<u32> {
    let (name, rest) = segments.split_first()?;
    let called = |exactly| {
        fields.iter().find_map(|field| {
            let ident = field.ident.as_ref()?;
            is_called(ident, &field.attrs, name, exactly).then_some((field, ident))
        })
    };
    if let Some((field, ident)) = called(true).or_else(|| called(false)) {
        let inner = type_named(types, &field.ty).and_then(|inner| find(types, inner, rest));
        return inner.or(Some(line(ident)));
    }
    let flattened = flattened.checked_sub(1)?;
    fields
        .iter()
        .filter(|field| has_word(&field.attrs, "serde", "flatten"))
        .filter_map(|field| type_named(types, &field.ty))
        .find_map(|inner| find_in(types, inner, segments, flattened))
}

/// The type in the file that `ty` names, directly or in its arguments: `Line` in `Option<Vec<Line>>`.
fn type_named<'k, 'a>(types: &'k [TypeDef<'a>], ty: &Type) -> Option<&'k TypeDef<'a>> {
    match ty {
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            if let Some(known) = types.iter().find(|known| *known.name == last.ident) {
                return Some(known);
            }
            let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
                return None;
            };
            arguments
                .args
                .iter()
                .rev()
                .find_map(|argument| match argument {
                    syn::GenericArgument::Type(ty) => type_named(types, ty),
                    _ => None,
                })
        }
        Type::Reference(reference) => type_named(types, &reference.elem),
        Type::Array(array) => type_named(types, &array.elem),
        Type::Slice(slice) => type_named(types, &slice.elem),
        _ => None,
    }
}

/// Whether serde gives a field or variant this name: by `rename`, or else by its own name in any case, because
/// `rename_all` only changes case and separators.
fn is_called(ident: &Ident, attributes: &[Attribute], name: &str, exactly: bool) -> bool {
    if let Some(renamed) = renamed(attributes) {
        return renamed == name;
    }
    let ident = ident.to_string();
    let ident = ident.strip_prefix("r#").unwrap_or(&ident);
    let plain = |text: &str| {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect::<String>()
    };
    ident == name || (!exactly && plain(ident) == plain(name))
}

/// The text of `rename = "…"`.
fn renamed(attributes: &[Attribute]) -> Option<String> {
    let metas = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"));
    metas.flat_map(words).find_map(|meta| match meta {
        Meta::NameValue(pair) if pair.path.is_ident("rename") => match pair.value {
            Expr::Lit(syn::ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

/// Whether the attributes contain a word, such as `flatten` in `#[serde(flatten)]`.
fn has_word(attributes: &[Attribute], attribute: &str, word: &str) -> bool {
    let own = attributes
        .iter()
        .filter(|own| own.path().is_ident(attribute));
    own.flat_map(words).any(|meta| meta.path().is_ident(word))
}

fn words(attribute: &Attribute) -> impl Iterator<Item = Meta> {
    let parsed = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    parsed.into_iter().flatten()
}

fn line(ident: &Ident) -> u32 {
    u32::try_from(ident.span().start().line).unwrap_or(u32::MAX)
}

/// The names of a path, without `[]`, `{}` and `[0]`.
fn segments(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        if first == '.' {
            rest = rest.get(1..).unwrap_or_default();
        } else if let Some(quoted) = rest.strip_prefix('[').filter(|rest| rest.starts_with('"')) {
            let mut texts = serde_json::Deserializer::from_str(quoted).into_iter::<Value>();
            let Some(Ok(Value::String(name))) = texts.next() else {
                break;
            };
            segments.push(name);
            let end = texts.byte_offset();
            rest = quoted
                .get(end..)
                .unwrap_or_default()
                .trim_start_matches(']');
        } else if first == '[' || first == '{' {
            let end = rest.find([']', '}']).map_or(rest.len(), |end| end + 1);
            rest = rest.get(end..).unwrap_or_default();
        } else {
            let end = rest.find(['.', '[', '{']).unwrap_or(rest.len());
            segments.push(rest.get(..end).unwrap_or_default().to_owned());
            rest = rest.get(end..).unwrap_or_default();
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"
mod v1 {
    #[derive(Event)]
    struct Placed {
        total: u32,
    }
}

#[derive(Event)]
#[event(name = "shop/order.placed")]
#[serde(rename_all = "camelCase")]
struct Placed {
    /// Which one.
    order_id: u64,
    #[serde(rename = "odd name")]
    odd: u8,
    r#type: u8,
    lines: Vec<Option<Line>>,
    by_kind: BTreeMap<String, Line>,
    #[serde(flatten)]
    extra: Extra,
    payment: Payment,
    elsewhere: Elsewhere,
    #[event(user)]
    user: User,
}

struct Line { a: u8,
    quantity: u32,
}

struct Extra {
    note: String,
}

struct User {
    email: String,
}

enum Payment {
    Cash,
    Card { last_four: String },
    Bank(Bank),
}

struct Bank {
    iban: String,
}
"#;

    #[test]
    fn fields_are_found() {
        let derive = 9;
        assert_eq!(SOURCE.lines().nth(8).unwrap(), "#[derive(Event)]");
        let line_of = |text: &str| {
            let at = SOURCE
                .lines()
                .position(|line| line.trim_start().starts_with(text));
            Some(u32::try_from(at.unwrap() + 1).unwrap())
        };
        for (path, text) in [
            ("data.orderId", "order_id"),
            ("data[\"odd name\"]", "odd:"),
            ("data.type", "r#type"),
            ("data.lines[].quantity", "quantity"),
            ("data.by_kind{}.quantity", "quantity"),
            ("data.lines[].missing", "lines"),
            ("data.note", "note"),
            ("data.payment.Card.last_four", "Card"),
            ("data.payment.Bank.iban", "iban"),
            ("data.payment.iban", "payment"),
            ("data.elsewhere.x", "elsewhere"),
            ("user.email", "email"),
            ("user.missing", "user:"),
        ] {
            assert_eq!(field_line(SOURCE, derive, path), line_of(text), "{path}");
        }
        assert_eq!(field_line(SOURCE, derive, "data.missing"), None);
        assert_eq!(field_line(SOURCE, derive, "id"), None);
        assert_eq!(field_line(SOURCE, 3, "data.total"), line_of("total"));
        assert_eq!(field_line("struct", 1, "data.total"), None);
    }

    #[test]
    fn paths_are_split() {
        assert_eq!(
            segments("data.a[].b{}[\"c.\\\"]d\"].e[0]"),
            ["data", "a", "b", "c.\"]d", "e"]
        );
    }
}
