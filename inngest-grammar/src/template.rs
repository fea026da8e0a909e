//! Deduplication id templates: text with `{field}` placeholders.
//!
//! `{field}`, `{field.nested}` and, for tuples, `{field.0}` are replaced by the printed value of a
//! field. Fields are named by their Rust names, raw identifiers without `r#`. `{{` and `}}` print a
//! brace.

mod error;
mod placeholder;
#[cfg(test)]
mod tests;

use std::ops::Range;

use error::TemplateErrorKind;
pub use error::{TemplateError, TemplateErrors};
pub use placeholder::Placeholder;

use crate::proof;

/// A well-formed template.
///
/// ```
/// use inngest_grammar::template::Template;
/// let template = Template::parse("item-imported-{item_id}")?;
/// assert_eq!(template.placeholders().count(), 1);
/// assert_eq!(template.leading_text(), "item-imported-");
/// # Ok::<(), inngest_grammar::template::TemplateErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

/// Text or a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Literal text, never empty, with braces already unescaped.
    Text(String),
    /// A reference to a field.
    Placeholder(Placeholder),
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    ///
    /// Returns every mistake, not only the first.
    pub fn parse(text: &str) -> Result<Self, TemplateErrors> {
        let mut parser = Parser {
            text,
            pieces: Vec::new(),
            literal: String::new(),
            errors: Vec::new(),
        };
        parser.run();
        parser.check_pieces();
        if parser.errors.is_empty() {
            Ok(Self {
                pieces: parser.pieces,
            })
        } else {
            parser.errors.sort_by_key(|error| error.span.start);
            Err(TemplateErrors {
                placeholders: parser.well_formed(),
                errors: parser.errors,
            })
        }
    }

    /// Pieces of text and placeholders from left to right. Two pieces of text are never adjacent.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The placeholders from left to right.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        placeholders(&self.pieces)
    }

    /// The encoded surroundings of the placeholders; see [`proof::edges`].
    #[must_use]
    pub fn edges(&self) -> String {
        proof::edges(self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Placeholder(_) => None,
        }))
    }

    /// The text before the first placeholder.
    #[must_use]
    pub fn leading_text(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Text(text)) => text,
            _ => "",
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    pieces: Vec<Piece>,
    literal: String,
    errors: Vec<TemplateError>,
}

impl Parser<'_> {
    fn run(&mut self) {
        let mut rest = self.text.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            match c {
                '{' | '}' if rest.next_if(|(_, next)| *next == c).is_some() => self.literal.push(c),
                '}' => {
                    let before = self.text.get(..at).unwrap_or_default().to_owned();
                    self.error(TemplateErrorKind::Stray { before }, at..at + 1);
                }
                '{' => {
                    let inner_at = at + 1;
                    let inner = self.text.get(inner_at..).unwrap_or_default();
                    // A second `{` before the `}` belongs to the next placeholder.
                    let end = inner
                        .find(['{', '}'])
                        .filter(|end| inner[*end..].starts_with('}'));
                    if let Some(end) = end {
                        self.placeholder(&inner[..end], at..inner_at + end + 1);
                        while rest.next_if(|(i, _)| *i <= inner_at + end).is_some() {}
                    } else {
                        let path = inner.find(|c: char| !(c.is_alphanumeric() || "_.".contains(c)));
                        let text = inner.get(..path.unwrap_or(inner.len())).unwrap_or_default();
                        let text = text.to_owned();
                        self.error(TemplateErrorKind::Unclosed { text }, at..at + 1);
                        // The brace separates the placeholders around it, so they are not adjacent.
                        self.literal.push(c);
                    }
                }
                c => self.literal.push(c),
            }
        }
        self.flush();
    }

    fn placeholder(&mut self, inner: &str, span: Range<usize>) {
        self.flush();
        if let Some(kind) = mistake_in(inner) {
            self.error(kind, span.clone());
        }
        let path = inner
            .split(':')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned();
        self.pieces
            .push(Piece::Placeholder(Placeholder { path, span }));
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.pieces
                .push(Piece::Text(std::mem::take(&mut self.literal)));
        }
    }

    fn check_pieces(&mut self) {
        let all = 0..self.text.len();
        if self.text.is_empty() {
            self.error(TemplateErrorKind::Empty, all);
            return;
        }
        if self.errors.is_empty() && self.pieces.iter().all(|p| matches!(p, Piece::Text(_))) {
            let braced = self
                .text
                .split_once("{{")
                .and_then(|(_, rest)| rest.split_once("}}"));
            let braced = braced
                .map(|(text, _)| text.to_owned())
                .filter(|text| is_path(text));
            self.error(TemplateErrorKind::NoPlaceholder { braced }, all);
            return;
        }
        let mut found = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        let mut previous: Option<&Placeholder> = None;
        for piece in &self.pieces {
            let Piece::Placeholder(placeholder) = piece else {
                previous = None;
                continue;
            };
            let path = placeholder.path.clone();
            let kind = if seen.contains(&placeholder.path()) && !path.is_empty() {
                Some(TemplateErrorKind::Repeated { path })
            } else {
                previous.map(|first| TemplateErrorKind::Adjacent {
                    first: first.path.clone(),
                    second: path,
                })
            };
            let span = placeholder.span();
            found.extend(kind.map(|kind| TemplateError { kind, span }));
            seen.push(placeholder.path());
            previous = Some(placeholder);
        }
        // Report one mistake for each placeholder. Mistakes inside it take precedence.
        found.retain(|new| self.errors.iter().all(|old| old.span != new.span));
        self.errors.append(&mut found);
    }

    /// The placeholders without a mistake. Being adjacent to another placeholder does not count.
    fn well_formed(&self) -> Vec<Placeholder> {
        let has_mistake = |placeholder: &&Placeholder| {
            self.errors.iter().any(|error| {
                error.span == placeholder.span
                    && !matches!(error.kind, TemplateErrorKind::Adjacent { .. })
            })
        };
        let well_formed = placeholders(&self.pieces).filter(|p| !has_mistake(p));
        well_formed.cloned().collect()
    }

    fn error(&mut self, kind: TemplateErrorKind, span: Range<usize>) {
        self.errors.push(TemplateError { kind, span });
    }
}

fn placeholders(pieces: &[Piece]) -> impl Iterator<Item = &Placeholder> {
    pieces.iter().filter_map(|piece| match piece {
        Piece::Placeholder(placeholder) => Some(placeholder),
        Piece::Text(_) => None,
    })
}

/// The mistake in the text between two braces, if any.
fn mistake_in(inner: &str) -> Option<TemplateErrorKind> {
    if inner.trim().is_empty() {
        let text = inner.to_owned();
        return Some(TemplateErrorKind::EmptyPlaceholder { text });
    }
    if is_path(inner) {
        return None;
    }
    if let Some((path, _)) = inner.split_once(':')
        && is_path(path)
    {
        return Some(TemplateErrorKind::FormatSpec {
            path: path.to_owned(),
            text: inner.to_owned(),
        });
    }
    let meant: String = inner.split_whitespace().collect::<String>();
    let meant = meant
        .split('.')
        .filter(|s| !s.ends_with("()"))
        .map(|s| s.strip_prefix("r#").unwrap_or(s))
        .skip_while(|s| *s == "self" || s.is_empty())
        .collect::<Vec<_>>()
        .join(".");
    let meant = is_path(&meant).then_some(meant);
    Some(TemplateErrorKind::NotAField {
        text: inner.to_owned(),
        meant,
    })
}

fn is_path(text: &str) -> bool {
    text.split('.').all(is_segment)
}

/// Whether the text could be a field name or a tuple index. The caller checks that the field
/// exists.
fn is_segment(text: &str) -> bool {
    let mut characters = text.chars();
    match characters.next() {
        Some(c) if c.is_ascii_digit() => {
            text.parse::<u32>().is_ok() && (c != '0' || text.len() == 1)
        }
        // Rust does not allow these names, not even as raw identifiers.
        Some(_) if matches!(text, "_" | "self" | "Self" | "super" | "crate") => false,
        Some(c) => {
            (c.is_alphabetic() || c == '_') && characters.all(|c| c.is_alphanumeric() || c == '_')
        }
        None => false,
    }
}
