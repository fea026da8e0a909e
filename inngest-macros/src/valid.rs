//! Rules that relate several attributes or fields. Each function checks one rule.

use inngest_grammar::limits::{MAX_SESSION_KEY_BYTES, MAX_SESSIONS};
use inngest_grammar::name;
use inngest_grammar::scope::is_scoped;
use inngest_grammar::suggest::nearest;
use inngest_grammar::template::{Placeholder, Template};
use inngest_grammar::version::{self, VersionError};
use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::{Ident, LitStr};

use crate::ast::{Event, Field};
use crate::attr::{Spanned, StructAttrs, listed, span_of};
use crate::ctxt::{Ctxt, report_useless_allow};
use crate::data::check_shape;
use crate::id_type::{check_id_type, is_option};
use crate::rule::Rule;

/// An event that passed all checks of the derive.
pub(crate) struct Valid {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) id: Option<Id>,
}

/// A deduplication id.
pub(crate) struct Id {
    pub(crate) text: String,
    pub(crate) template: Template,
    /// The span of the template, or of the first `#[event(id)]`.
    pub(crate) span: Span,
    /// The span of `ambiguous_id` in `allow(…)`.
    pub(crate) may_be_ambiguous: Option<Span>,
}

impl Valid {
    /// Checks all rules. Use the result only if `cx` has no errors.
    pub(crate) fn check(cx: &Ctxt, event: &Event<'_>) -> Option<Self> {
        let attrs = &event.attrs;
        let name = check_name(cx, event);
        let version = check_version(cx, attrs);
        check_shape(cx, event);
        check_one_ts(cx, event);
        check_user(cx, event);
        check_sessions(cx, event);
        let id = check_id(cx, event, name.as_deref());
        check_allows_without_id(cx, event);
        Some(Self {
            name: name?,
            version,
            id,
        })
    }
}

fn text(item: &Spanned<Option<LitStr>>) -> Option<String> {
    item.value.as_ref().map(LitStr::value)
}

/// Rule: every event has a name that the server accepts, by convention `prefix/what.happened`.
fn check_name(cx: &Ctxt, event: &Event<'_>) -> Option<String> {
    let ident = &event.input.ident;
    let Some(item) = &event.attrs.name else {
        if !event.attrs.may_have_name {
            let example = name::suggest(&ident.unraw().to_string());
            let example = example.as_deref().unwrap_or("item.imported");
            cx.error(
                ident,
                format!("`{ident}` has no event name; add `#[event(name = \"app/{example}\")]`"),
            );
        }
        return None;
    };
    let literal = item.value.as_ref()?;
    let name = literal.value();
    if let Err(error) = name::check(&name) {
        cx.error(literal, format!("{error}; {}", error.advice(&name)));
        return None;
    }
    let convention = name::check_convention(&name);
    let is_standard = convention.is_ok();
    match (convention, event.attrs.allows(Rule::NonstandardName)) {
        (Ok(()), Some(allow)) => report_useless_allow(cx, allow, "the name follows the convention"),
        (Err(error), None) if event.attrs.enforces(Rule::NonstandardName) => {
            let advice = error.advice(&name);
            cx.error(
                literal,
                format!("{error}; {advice}, or add `allow(nonstandard_name)`"),
            );
        }
        _ => {}
    }
    // Skip the id checks if the name must change anyway.
    let is_final = is_standard || event.attrs.allows(Rule::NonstandardName).is_some();
    is_final.then_some(name)
}

/// Rule: a version is a date and a counter, so that versions sort.
fn check_version(cx: &Ctxt, attrs: &StructAttrs) -> Option<String> {
    let allow = attrs.allows(Rule::NonstandardVersion);
    let Some(item) = &attrs.version else {
        if let Some(allow) = allow {
            report_useless_allow(cx, allow, "there is no version");
        }
        return None;
    };
    let literal = item.value.as_ref()?;
    let version = literal.value();
    match (version::check(&version), allow) {
        (Ok(()), Some(allow)) => {
            report_useless_allow(cx, allow, "the version follows the convention");
        }
        (Err(error @ VersionError::Empty), _) => {
            cx.error(
                literal,
                format!("{error}; write one such as `2026-11-21.1`"),
            );
        }
        (Err(error), None) if attrs.enforces(Rule::NonstandardVersion) => cx.error(
            literal,
            format!(
                "{error}; write one such as `2026-11-21.1`, or add `allow(nonstandard_version)`"
            ),
        ),
        _ => {}
    }
    Some(version)
}

/// Rule: an event has at most one time.
fn check_one_ts(cx: &Ctxt, event: &Event<'_>) {
    for (_, second) in event.fields_with(|attrs| attrs.ts.as_ref()).skip(1) {
        cx.error(
            &second.key,
            "an earlier field is already marked `#[event(ts)]`, and an event has one time; remove \
             one of the two",
        );
    }
}

/// Rule: an event has at most one user, which is sent next to `data`, not inside it.
fn check_user(cx: &Ctxt, event: &Event<'_>) {
    let marked = event.fields_with(|attrs| attrs.user.as_ref());
    for (index, (field, user)) in marked.enumerate() {
        if index > 0 {
            cx.error(
                &user.key,
                "an earlier field is already marked `#[event(user)]`, and an event has one user; \
                 remove one of the two",
            );
        } else if !field.serde.skipped {
            cx.error(
                &user.key,
                format!(
                    "the user is sent next to `data`, not inside it; add `#[serde(skip)]` to `{}`",
                    field.name
                ),
            );
        }
    }
}

/// Rule: an event has at most five sessions, with distinct keys that the server accepts.
fn check_sessions(cx: &Ctxt, event: &Event<'_>) {
    for attrs in event.fields.iter().map(|field| &field.attrs) {
        if let (Some(clear), None) = (&attrs.clear_if_none, &attrs.session) {
            cx.error(
                &clear.key,
                "`clear_if_none` needs a session, and this field is not one; write \
                 `#[event(session, clear_if_none)]`, or remove it",
            );
        }
    }
    let mut keys: Vec<String> = Vec::new();
    for (field, session) in event.fields_with(|attrs| attrs.session.as_ref()) {
        let key = session_key(field, session);
        let span = span_of(session);
        if keys.contains(&key) {
            cx.error_at(
                span,
                format!("an earlier session already has the key `{key}`; choose another"),
            );
        } else if key.is_empty() {
            cx.error_at(
                span,
                format!(
                    "the session key is empty; write one of 1 to {MAX_SESSION_KEY_BYTES} bytes"
                ),
            );
        } else if key.len() > MAX_SESSION_KEY_BYTES {
            cx.error_at(
                span,
                format!(
                    "the session key has {} bytes, and the limit is {MAX_SESSION_KEY_BYTES}; shorten it",
                    key.len()
                ),
            );
        } else if keys.len() == MAX_SESSIONS {
            cx.error(
                &session.key,
                format!(
                    "a sixth field is marked `#[event(session)]`, and the server accepts \
                     {MAX_SESSIONS} sessions; remove one"
                ),
            );
        }
        keys.push(key);
    }
}

pub(crate) fn session_key(field: &Field<'_>, session: &Spanned<Option<LitStr>>) -> String {
    text(session).unwrap_or_else(|| field.name.clone())
}

/// Rule: the id comes either from the template on the struct or from `#[event(id)]` fields.
fn check_id(cx: &Ctxt, event: &Event<'_>, name: Option<&str>) -> Option<Id> {
    let attrs = &event.attrs;
    let marked: Vec<_> = event.fields_with(|attrs| attrs.id.as_ref()).collect();
    let may_be_ambiguous = attrs.allows(Rule::AmbiguousId).map(Ident::span);
    if let Some(item) = &attrs.id {
        for (_, mark) in &marked {
            cx.error(
                &mark.key,
                "`#[event(id)]` conflicts with `id = \"…\"` on the struct; keep one of the two",
            );
        }
        let literal = item.value.as_ref()?;
        let text = literal.value();
        let template = check_template(cx, event, literal, &text, name)?;
        return Some(Id {
            text,
            template,
            span: literal.span(),
            may_be_ambiguous,
        });
    }
    let (first, mark) = marked.first()?;
    if let Some(allow) = attrs.allows(Rule::UnscopedId) {
        report_useless_allow(cx, allow, "`#[event(id)]` begins with the slug");
    }
    let mut is_valid = true;
    for (field, _) in &marked {
        is_valid &= check_id_type(cx, field.ty, &field.name);
    }
    let slug = name::slug(name?).replace('{', "{{").replace('}', "}}");
    let fields: Vec<String> = marked
        .iter()
        .map(|(field, _)| format!("{{{}}}", field.name))
        .collect();
    let text = format!("{slug}-{}", fields.join("-"));
    match Template::parse(&text) {
        Ok(template) if is_valid => Some(Id {
            text,
            template,
            span: mark.key.span(),
            may_be_ambiguous,
        }),
        Ok(_) => None,
        Err(error) => {
            cx.error(first.ident, error);
            None
        }
    }
}

/// Rule: a template is well formed, names existing fields, and begins with the slug.
fn check_template(
    cx: &Ctxt,
    event: &Event<'_>,
    literal: &LitStr,
    text: &str,
    name: Option<&str>,
) -> Option<Template> {
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(errors) => {
            let mut rest = errors.as_slice().iter().peekable();
            for placeholder in errors.placeholders() {
                let start = placeholder.span().start;
                while let Some(error) = rest.next_if(|error| error.span().start <= start) {
                    // The error underlines the whole literal, so the message quotes the mistake.
                    cx.error(literal, error);
                }
                check_placeholder(cx, event, literal, placeholder);
            }
            for error in rest {
                cx.error(literal, error);
            }
            return None;
        }
    };
    let mut is_valid = event.has_named_fields;
    for placeholder in template.placeholders() {
        is_valid &= check_placeholder(cx, event, literal, placeholder);
    }
    let Some(name) = name else {
        return is_valid.then_some(template);
    };
    match (
        is_scoped(&template, name),
        event.attrs.allows(Rule::UnscopedId),
    ) {
        (true, Some(allow)) => report_useless_allow(cx, allow, "the id begins with the slug"),
        (false, None) if event.attrs.enforces(Rule::UnscopedId) => {
            let slug = name::slug(name);
            let first = template.placeholders().next().map_or(0, |p| p.span().start);
            let rest = text.get(first..).unwrap_or_default();
            cx.error(
                literal,
                format!(
                    "ids are global across event types, and this one does not begin with \
                     `{slug}-`, so it could equal the id of another event; write `{slug}-{rest}`, or \
                     add `allow(unscoped_id)`"
                ),
            );
        }
        _ => {}
    }
    is_valid.then_some(template)
}

/// Rule: a placeholder names a field whose type can be part of an id. Returns whether it does.
fn check_placeholder(
    cx: &Ctxt,
    event: &Event<'_>,
    literal: &LitStr,
    placeholder: &Placeholder,
) -> bool {
    let path = placeholder.path();
    let mut segments = placeholder.segments();
    let first = segments.next().unwrap_or_default();
    if !event.has_named_fields {
        return false;
    }
    let Some(field) = event.fields.iter().find(|field| field.name == first) else {
        let ident = &event.input.ident;
        let names: Vec<&str> = event
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        let renamed = event.fields.iter().find(|f| {
            f.serde
                .renamed
                .as_ref()
                .is_some_and(|name| name.value() == first)
        });
        let rest = path.get(first.len()..).unwrap_or_default();
        let problem = format!("the placeholder `{{{path}}}` names no field of `{ident}`");
        let message = if names.is_empty() {
            format!("{problem}, which has no fields; add the field")
        } else if let Some(field) = renamed {
            let name = &field.name;
            format!("{problem}; placeholders use Rust names, write `{{{name}{rest}}}`")
        } else if let Some(near) = nearest(first, names.iter().copied()) {
            format!(
                "{problem}, which has {}; did you mean `{{{near}{rest}}}`?",
                listed(&names)
            )
        } else {
            format!("{problem}; it has {}", listed(&names))
        };
        cx.error(literal, message);
        return false;
    };
    if segments.next().is_none() {
        return check_id_type(cx, field.ty, &field.name);
    }
    // The compiler checks the rest of the path, but a path cannot lead through an `Option`.
    !is_option(field.ty) || check_id_type(cx, field.ty, &field.name)
}

/// Rule: `allow(…)` disables id rules only if there is an id.
fn check_allows_without_id(cx: &Ctxt, event: &Event<'_>) {
    let mut marked = event.fields_with(|attrs| attrs.id.as_ref());
    if event.attrs.id.is_some() || marked.next().is_some() {
        return;
    }
    for rule in [Rule::UnscopedId, Rule::AmbiguousId] {
        if let Some(allow) = event.attrs.allows(rule) {
            report_useless_allow(cx, allow, "there is no id");
        }
    }
}
