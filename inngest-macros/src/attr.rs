//! Reads `#[event(…)]`.

use proc_macro2::{Delimiter, Ident, Punct, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, LitStr, Meta, Path};

use crate::ctxt::Ctxt;
use crate::rule::{Allowed, Rule};
use crate::tokens::{stream, string, strings, text_without_quotes, ungrouped};
use inngest_grammar::suggest::nearest;

/// A parsed value with its key, whose span locates errors.
#[derive(Clone)]
pub(crate) struct Spanned<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

/// `#[event(…)]` on a struct.
#[derive(Default)]
pub(crate) struct StructAttrs {
    pub(crate) name: Option<Spanned<Option<LitStr>>>,
    pub(crate) id: Option<Spanned<Option<LitStr>>>,
    pub(crate) version: Option<Spanned<Option<LitStr>>>,
    pub(crate) krate: Option<Spanned<Option<Path>>>,
    pub(crate) allow: Allowed,
    /// Whether an invalid item may be a misspelled name. If so, do not report a missing name.
    pub(crate) may_have_name: bool,
}

impl StructAttrs {
    const KEYS: [&'static str; 5] = ["name", "id", "version", "crate", "allow"];

    pub(crate) fn read(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut all = Self::default();
        let example = "#[event(name = \"storefront/item.imported\")]";
        let all_read = for_each_item(cx, attrs, "event", example, |item| {
            match item.key_text().as_str() {
                "name" => item.once(cx, &mut all.name, |item| item.string(cx)),
                "id" => item.once(cx, &mut all.id, |item| item.string(cx)),
                "version" => item.once(cx, &mut all.version, |item| item.string(cx)),
                "crate" => item.once(cx, &mut all.krate, |item| item.path(cx, "::inngest_core")),
                "allow" => item.allow(cx, &mut all.allow),
                _ => {
                    let meant = item.unknown(cx, &Self::KEYS, &FieldAttrs::KEYS, "a field");
                    all.may_have_name |= meant == Some("name");
                }
            }
        });
        all.may_have_name |= !all_read;
        all
    }

    /// The identifier in `allow(…)` that disables a rule.
    pub(crate) fn allows(&self, rule: Rule) -> Option<&Ident> {
        let mut allowed = self.allow.rules.iter();
        allowed.find_map(|(name, allowed)| (*allowed == rule).then_some(name))
    }

    /// Whether to report violations of a rule: `allow(…)` has neither the rule nor a misspelling of it.
    pub(crate) fn enforces(&self, rule: Rule) -> bool {
        self.allows(rule).is_none() && !self.allow.probably_meant.contains(&rule)
    }
}

/// `#[event(…)]` on a field.
#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub(crate) id: Option<Spanned<()>>,
    pub(crate) ts: Option<Spanned<()>>,
    pub(crate) user: Option<Spanned<()>>,
    pub(crate) session: Option<Spanned<Option<LitStr>>>,
    pub(crate) clear_if_none: Option<Spanned<()>>,
}

impl FieldAttrs {
    const KEYS: [&'static str; 5] = ["id", "ts", "user", "session", "clear_if_none"];

    pub(crate) fn read(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut all = Self::default();
        for_each_item(cx, attrs, "event", "#[event(id)]", |item| {
            match item.key_text().as_str() {
                "id" => item.once(cx, &mut all.id, |item| item.flag(cx)),
                "ts" => item.once(cx, &mut all.ts, |item| item.flag(cx)),
                "user" => item.once(cx, &mut all.user, |item| item.flag(cx)),
                "session" => item.once(cx, &mut all.session, |item| match &item.value {
                    ItemValue::Bare => None,
                    _ => item.string(cx),
                }),
                "clear_if_none" => item.once(cx, &mut all.clear_if_none, |item| item.flag(cx)),
                _ => {
                    item.unknown(cx, &Self::KEYS, &StructAttrs::KEYS, "the struct");
                }
            }
        });
        all
    }
}

/// One `key`, `key = value` or `key(list)`.
pub(crate) struct Item {
    pub(crate) key: Ident,
    value: ItemValue,
}

enum ItemValue {
    /// `key`
    Bare,
    /// `key = value`. Empty if nothing follows the `=`.
    Equals(Vec<TokenTree>),
    /// `key(list)`
    List(Vec<TokenTree>),
    /// Anything else.
    Other(Vec<TokenTree>),
}

impl Item {
    fn parse(tokens: &[TokenTree]) -> Option<Self> {
        let tokens = ungrouped(tokens);
        let (TokenTree::Ident(key), value) = tokens.split_first()? else {
            return None;
        };
        let is = |punct: &Punct, c| punct.as_char() == c;
        let value = match value {
            [] => ItemValue::Bare,
            [TokenTree::Punct(a), TokenTree::Punct(b), ..] if is(a, ':') && is(b, ':') => {
                return None;
            }
            [TokenTree::Punct(a), TokenTree::Punct(b), ..]
                if is(a, '=') && (is(b, '=') || is(b, '>')) =>
            {
                ItemValue::Other(value.to_vec())
            }
            [TokenTree::Punct(a), value @ ..] if is(a, '=') => ItemValue::Equals(value.to_vec()),
            [TokenTree::Group(list), rest @ ..] if list.delimiter() == Delimiter::Parenthesis => {
                if !rest.is_empty() {
                    return None;
                }
                ItemValue::List(list.stream().into_iter().collect())
            }
            _ => ItemValue::Other(value.to_vec()),
        };
        Some(Self {
            key: key.clone(),
            value,
        })
    }

    pub(crate) fn key_text(&self) -> String {
        self.key.to_string()
    }

    /// Reads the value into `slot`, or reports a repeated key.
    pub(crate) fn once<T>(
        &self,
        cx: &Ctxt,
        slot: &mut Option<Spanned<T>>,
        read: impl FnOnce(&Self) -> T,
    ) {
        let key = &self.key;
        let value = read(self);
        if slot.is_some() {
            cx.error(key, format!("`{key}` is given twice; keep one of the two"));
            return;
        }
        *slot = Some(Spanned {
            key: key.clone(),
            value,
        });
    }

    /// The value of `key = "…"`. `None` after an error.
    fn string(&self, cx: &Ctxt) -> Option<LitStr> {
        let key = &self.key;
        let wanted = format!("write `{key} = \"…\"`");
        let value = match &self.value {
            ItemValue::Equals(value) if !value.is_empty() => value,
            ItemValue::Bare | ItemValue::Equals(_) => {
                return cx.fail(key, format!("`{key}` has no value; {wanted}"));
            }
            ItemValue::List(value) | ItemValue::Other(value) => {
                let text = strings(stream(value)).into_iter().next();
                let wanted = text.map_or(wanted, |text| format!("write `{key} = {text}`"));
                let message = format!("`{key}` takes a string after one `=`; {wanted}");
                // Only the separator is wrong, if there is one.
                let is_punct = |token: &&TokenTree| matches!(token, TokenTree::Punct(_));
                let separator = match value.iter().take_while(is_punct).count() {
                    0 => None,
                    length => value.get(..length),
                };
                return cx.fail(stream(separator.unwrap_or(value)), message);
            }
        };
        let value = ungrouped(value);
        let Some(literal) = string(&value) else {
            if let [TokenTree::Literal(_), TokenTree::Ident(next), ..] = value.as_ref() {
                let message = format!("a comma is missing before `{next}`; write `, {next}`");
                return cx.fail(next, message);
            }
            if let [TokenTree::Literal(_), TokenTree::Punct(next), ..] = value.as_ref()
                && next.as_char() == ';'
            {
                return cx.fail(
                    next,
                    "attributes are separated by commas; write `,` in place of `;`",
                );
            }
            let message = if syn::parse2::<syn::Macro>(stream(&value)).is_ok() {
                format!(
                    "`{key}` takes a string literal, and a macro is not expanded here; write the \
                     text itself, `{key} = \"…\"`"
                )
            } else if let Some(text) = text_without_quotes(&value) {
                format!("`{key}` takes a string literal; write `{key} = \"{text}\"`")
            } else if let [text] = strings(stream(&value)).as_slice() {
                format!("`{key}` takes a string literal; write `{key} = {text}`")
            } else {
                format!("`{key}` takes a string literal; {wanted}")
            };
            return cx.fail(stream(&value), message);
        };
        if !literal.suffix().is_empty() {
            return cx.fail(&literal, format!("the string has a suffix; {wanted}"));
        }
        Some(literal)
    }

    /// The value of `crate = ::path`. `None` after an error, which shows `usual` as an example.
    pub(crate) fn path(&self, cx: &Ctxt, usual: &str) -> Option<Path> {
        let key = &self.key;
        let wanted = format!("write `{key} = {usual}`");
        let value = match &self.value {
            ItemValue::Equals(value) if !value.is_empty() => value,
            ItemValue::List(path) => {
                let path = stream(path).to_string().replace(' ', "");
                let message = format!("`{key}` takes a path after `=`; write `{key} = {path}`");
                return cx.fail(key, message);
            }
            _ => return cx.fail(key, format!("`{key}` has no path; {wanted}")),
        };
        if let Some(literal) = string(&ungrouped(value)) {
            let path = literal.value();
            let message = format!("`{key}` takes a path without quotes; write `{key} = {path}`");
            return cx.fail(literal, message);
        }
        match Path::parse_mod_style.parse2(stream(value)) {
            Ok(path) => Some(path),
            Err(_) => cx.fail(stream(value), format!("`{key}` takes a path; {wanted}")),
        }
    }

    /// The tokens in `key(…)`. `None` if the item has another form.
    pub(crate) fn list(&self) -> Option<TokenStream> {
        match &self.value {
            ItemValue::List(list) => Some(stream(list)),
            _ => None,
        }
    }

    /// Reports a value on a key that takes none.
    fn flag(&self, cx: &Ctxt) {
        let key = &self.key;
        self.bare(
            cx,
            &format!("`{key}` takes no value on a field; write `#[event({key})]`"),
        );
    }

    /// Reports a value with this message.
    pub(crate) fn bare(&self, cx: &Ctxt, message: &str) {
        let key = &self.key;
        match &self.value {
            ItemValue::Bare => {}
            ItemValue::Equals(value) | ItemValue::List(value) | ItemValue::Other(value)
                if !value.is_empty() =>
            {
                cx.error(stream(value), message);
            }
            _ => cx.error(key, message),
        }
    }

    /// `allow(rule, …)`.
    fn allow(&self, cx: &Ctxt, allowed: &mut Allowed) {
        let key = &self.key;
        let known = Rule::ALL.map(|(name, _)| name);
        let list = match &self.value {
            ItemValue::List(list) if !list.is_empty() => list,
            ItemValue::Equals(value) if !value.is_empty() => {
                let value = stream(value);
                let text = value.to_string();
                let rule = nearest(text.trim_matches('"'), known).unwrap_or("unscoped_id");
                let message = format!("`allow` takes a list in parentheses; write `allow({rule})`");
                allowed.record_guess(&text);
                cx.error(value, message);
                return;
            }
            _ => {
                let message = format!(
                    "`allow` names no rule; write `allow(…)` with one of {}",
                    listed(&known)
                );
                cx.error(key, message);
                return;
            }
        };
        for tokens in split_at_commas(cx, list.iter().cloned()) {
            let tokens = stream(&tokens);
            let Ok(name) = Ident::parse_any.parse2(tokens.clone()) else {
                let text = tokens.to_string();
                let unquoted = text.trim_matches('"');
                let message = if known.contains(&unquoted) {
                    format!("`allow` takes names of rules without quotes; write `{unquoted}`")
                } else {
                    let known = listed(&known);
                    format!("`allow` takes names of rules; write one of {known}")
                };
                allowed.record_guess(&text);
                cx.error(tokens, message);
                continue;
            };
            let text = name.to_string();
            match Rule::ALL.iter().find(|(known, _)| *known == text) {
                Some((_, rule)) if allowed.rules.iter().any(|(_, allowed)| allowed == rule) => {
                    cx.error(&name, format!("`{name}` is allowed twice; once is enough"));
                }
                Some((_, rule)) => allowed.rules.push((name, *rule)),
                None => {
                    cx.error(&name, unknown("rule", &text, &known));
                    allowed.record_guess(&text);
                }
            }
        }
    }

    /// Reports an unknown key. Returns the known key that the user probably meant.
    pub(crate) fn unknown(
        &self,
        cx: &Ctxt,
        known: &[&'static str],
        elsewhere: &[&'static str],
        place: &str,
    ) -> Option<&'static str> {
        let key = &self.key;
        let text = self.key_text();
        if elsewhere.contains(&text.as_str()) {
            let message = format!(
                "`{key}` belongs on {place}; here the attributes are {}",
                listed(known)
            );
            cx.error(key, message);
            return None;
        }
        cx.error(key, unknown("attribute", &text, known));
        nearest(&text, known.iter().copied())
    }
}

/// The error message for an unknown word: lists the known words and suggests the nearest one.
pub(crate) fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(nearest) if known.len() > 1 => {
            format!(
                "unknown {what} `{word}`, expected one of {}; did you mean `{nearest}`?",
                listed(known)
            )
        }
        Some(nearest) => format!("unknown {what} `{word}`; did you mean `{nearest}`?"),
        None if known.len() == 1 => format!("unknown {what} `{word}`; expected {}", listed(known)),
        None => format!("unknown {what} `{word}`; expected one of {}", listed(known)),
    }
}

/// `` `a`, `b` and `c` ``
pub(crate) fn listed(words: &[&str]) -> String {
    match words {
        [] => "none".to_owned(),
        [only] => format!("`{only}`"),
        [most @ .., last] => format!("`{}` and `{last}`", most.join("`, `")),
    }
}

/// Calls `read` for each item in all attributes with this name. Returns whether every item parsed.
pub(crate) fn for_each_item(
    cx: &Ctxt,
    attrs: &[Attribute],
    name: &str,
    example: &str,
    mut read: impl FnMut(&Item),
) -> bool {
    let mut all_read = true;
    let matching = || attrs.iter().filter(|attr| attr.path().is_ident(name));
    let is_filled = |meta: &Meta| matches!(meta, Meta::List(list) if !list.tokens.is_empty());
    let any_filled = matching().any(|attr| is_filled(&attr.meta));
    for attr in matching() {
        let list = match &attr.meta {
            Meta::List(list) if !list.tokens.is_empty() => list,
            Meta::NameValue(pair) => {
                let value: Vec<_> = pair.value.to_token_stream().into_iter().collect();
                let example = example_with(example, &value);
                let message = format!("`#[{name} = …]` is not supported; write `{example}`");
                cx.error(&pair.value, message);
                all_read = false;
                continue;
            }
            empty => {
                let list = if matches!(empty, Meta::List(_)) {
                    "()"
                } else {
                    ""
                };
                let fix = if any_filled {
                    "remove it".to_owned()
                } else {
                    format!("write `{example}`")
                };
                cx.error(attr.path(), format!("`#[{name}{list}]` is empty; {fix}"));
                all_read = false;
                continue;
            }
        };
        // Read items one by one, so that a mistake in one item does not hide mistakes in the next.
        let parts = split_at_commas(cx, list.tokens.clone());
        all_read &= !parts.is_empty();
        for tokens in parts {
            match Item::parse(&tokens) {
                Some(item) => read(&item),
                None => {
                    let example = example_with(example, &tokens);
                    let message = format!("this is not a valid attribute; write `{example}`");
                    cx.error(stream(&tokens), message);
                    all_read = false;
                }
            }
        }
    }
    all_read
}

/// Splits tokens at top-level commas. Commas inside invisible groups, which `macro_rules!` puts
/// around fragments, are not top-level.
fn split_at_commas(cx: &Ctxt, tokens: impl IntoIterator<Item = TokenTree>) -> Vec<Vec<TokenTree>> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                if part.is_empty() {
                    cx.error(punct, "nothing precedes this comma; remove it");
                } else {
                    parts.push(std::mem::take(&mut part));
                }
            }
            _ => part.push(token),
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

/// An example of an attribute, with the text that the user wrote in place of a key, if any.
fn example_with(example: &str, tokens: &[TokenTree]) -> String {
    match (example.split_once(" = \""), string(&ungrouped(tokens))) {
        (Some(_), Some(text)) if text.value().contains('{') => {
            format!("#[event(id = {})]", text.token())
        }
        (Some((key, _)), Some(text)) => format!("{key} = {})]", text.token()),
        (None, Some(text)) if FieldAttrs::KEYS.contains(&text.value().as_str()) => {
            format!("#[event({})]", text.value())
        }
        _ => example.to_owned(),
    }
}

/// The span of the value, or of the key if there is no value.
pub(crate) fn span_of<T: ToTokens>(item: &Spanned<Option<T>>) -> Span {
    match &item.value {
        Some(value) => value.span(),
        None => item.key.span(),
    }
}
