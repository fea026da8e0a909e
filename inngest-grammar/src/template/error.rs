//! Template mistakes and their error messages.

use std::fmt;
use std::ops::Range;

use super::placeholder::Placeholder;

/// A mistake in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    pub(super) kind: TemplateErrorKind,
    pub(super) span: Range<usize>,
}

impl TemplateError {
    /// The byte range of the mistake in the template, always on character boundaries.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TemplateErrorKind {
    /// The server treats an empty id as no id.
    Empty,
    /// The template prints the same text for every event. `braced` is the first text in doubled
    /// braces if it could be a path; doubled braces print a brace.
    NoPlaceholder { braced: Option<String> },
    /// `{}`, with the white space between the braces.
    EmptyPlaceholder { text: String },
    /// A `{` without a matching `}`, and the text after it that could be a path.
    Unclosed { text: String },
    /// A `}` without a matching `{`, and the text before it.
    Stray { before: String },
    /// `{path:spec}`, with the whole text between the braces.
    FormatSpec { path: String, text: String },
    /// The text between the braces is not a path to a field; the author probably meant `meant`.
    NotAField { text: String, meant: Option<String> },
    /// Two placeholders with nothing between them.
    Adjacent { first: String, second: String },
    /// A placeholder that occurs earlier in the template.
    Repeated { path: String },
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use TemplateErrorKind as Kind;
        match &self.kind {
            Kind::Empty => f.write_str(
                "the id template is empty; write one such as `order-paid-{order_id}`, or leave it \
                 out",
            ),
            Kind::NoPlaceholder { braced: Some(text) } => write!(
                f,
                "the id template has no placeholder, because `{{{{` prints a brace; write `{{{text}}}`"
            ),
            Kind::NoPlaceholder { braced: None } => f.write_str(
                "the id template has no placeholder, so every event of this type after the first \
                 would be ignored; name a field that tells events apart, such as `{order_id}`",
            ),
            Kind::EmptyPlaceholder { text } => write!(
                f,
                "the placeholder `{{{text}}}` names no field; write the field's name between the \
                 braces"
            ),
            Kind::Unclosed { text } if text.is_empty() => {
                f.write_str("a `{` is not closed; remove it, or write `{{` for a brace")
            }
            Kind::Unclosed { text } => write!(
                f,
                "`{{{text}` is not closed; write `{{{text}}}`, or `{{{{` for a brace"
            ),
            Kind::Stray { before } if before.is_empty() => f.write_str(
                "the `}` at the beginning closes no placeholder; remove it, or write `}}` for a \
                 brace",
            ),
            Kind::Stray { before } => write!(
                f,
                "the `}}` after `{before}` closes no placeholder; remove it, or write `}}}}` for a \
                 brace"
            ),
            Kind::FormatSpec { path, text } => write!(
                f,
                "the placeholder `{{{text}}}` has a format spec, which an id template does not \
                 support; write `{{{path}}}`"
            ),
            Kind::NotAField { text, meant } => {
                write!(f, "the placeholder `{{{text}}}` names no field; ")?;
                match meant {
                    Some(meant) => write!(f, "write `{{{meant}}}`"),
                    None => f.write_str(
                        "write a field's name, `{field}`, or the path to one, `{field.nested}`",
                    ),
                }
            }
            Kind::Adjacent { first, second } => write!(
                f,
                "nothing separates `{{{first}}}` and `{{{second}}}`, so different values could \
                 print the same id; separate them with a character that neither can contain, such \
                 as `/` next to a number"
            ),
            Kind::Repeated { path } => write!(
                f,
                "the placeholder `{{{path}}}` appears twice in the id template; remove one"
            ),
        }
    }
}

impl std::error::Error for TemplateError {}

/// All mistakes in a template, from left to right. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateErrors {
    pub(super) errors: Vec<TemplateError>,
    pub(super) placeholders: Vec<Placeholder>,
}

impl TemplateErrors {
    /// The mistakes from left to right.
    #[must_use]
    pub fn as_slice(&self) -> &[TemplateError] {
        &self.errors
    }

    /// The well-formed placeholders, from left to right, each field once. The caller can check that
    /// their fields exist and report those mistakes too.
    #[must_use]
    pub fn placeholders(&self) -> &[Placeholder] {
        &self.placeholders
    }
}

impl fmt::Display for TemplateErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.errors.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for TemplateErrors {}

#[cfg(test)]
mod tests {
    use crate::template::Template;

    #[test]
    fn errors_suggest_a_fix() {
        for (template, expected) in [
            (
                "",
                "the id template is empty; write one such as `order-paid-{order_id}`, or leave it out",
            ),
            (
                "a-{{b}}",
                "the id template has no placeholder, because `{{` prints a brace; write `{b}`",
            ),
            (
                "a",
                "the id template has no placeholder, so every event of this type after the first \
                 would be ignored; name a field that tells events apart, such as `{order_id}`",
            ),
            (
                "{ }",
                "the placeholder `{ }` names no field; write the field's name between the braces",
            ),
            (
                "{",
                "a `{` is not closed; remove it, or write `{{` for a brace",
            ),
            ("{a", "`{a` is not closed; write `{a}`, or `{{` for a brace"),
            (
                "}{a}",
                "the `}` at the beginning closes no placeholder; remove it, or write `}}` for a brace",
            ),
            (
                "b}{a}",
                "the `}` after `b` closes no placeholder; remove it, or write `}}` for a brace",
            ),
            (
                "{a:?}",
                "the placeholder `{a:?}` has a format spec, which an id template does not support; \
                 write `{a}`",
            ),
            (
                "{self.a}",
                "the placeholder `{self.a}` names no field; write `{a}`",
            ),
            (
                "{a-b}",
                "the placeholder `{a-b}` names no field; write a field's name, `{field}`, or the \
                 path to one, `{field.nested}`",
            ),
            (
                "{a}{b}",
                "nothing separates `{a}` and `{b}`, so different values could print the same id; \
                 separate them with a character that neither can contain, such as `/` next to a \
                 number",
            ),
            (
                "{a}-{a}",
                "the placeholder `{a}` appears twice in the id template; remove one",
            ),
            (
                "{}-{a}-{a}",
                "the placeholder `{}` names no field; write the field's name between the braces\n\
                 the placeholder `{a}` appears twice in the id template; remove one",
            ),
        ] {
            let errors = Template::parse(template).unwrap_err();
            assert_eq!(errors.to_string(), expected, "{template}");
            assert_eq!(errors.as_slice().len(), expected.lines().count());
        }
    }
}
