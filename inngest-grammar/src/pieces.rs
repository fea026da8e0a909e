//! Splits a well-formed template into pieces in constants, where `Template` cannot allocate.

use crate::proof::{PartKind, Piece};

/// The maximum number of pieces. Longer templates are not split.
const MAX_PIECES: usize = 64;

/// The pieces of a template, in an array because constants cannot use `Vec`.
#[derive(Clone, Copy, Debug)]
pub struct Pieces<'a> {
    all: [Piece<'a>; MAX_PIECES],
    count: usize,
}

impl<'a> Pieces<'a> {
    /// Splits a template into its pieces. `parts` describes its placeholders from left to right.
    ///
    /// Returns `None` if the template has too many pieces, or if the number of placeholders differs
    /// from the number of `parts`.
    #[must_use]
    pub const fn of(template: &'a str, parts: &[PartKind]) -> Option<Self> {
        let mut all = [Piece::Text(""); MAX_PIECES];
        let mut unused: &mut [Piece<'a>] = &mut all;
        let (mut rest, mut parts) = (template, parts);
        let mut count = 0;
        while let Some((piece, after)) = split(rest) {
            let [slot, others @ ..] = unused else {
                return None;
            };
            *slot = match (piece, parts) {
                (Split::Text(text), _) => Piece::Text(text),
                (Split::Placeholder(_), [part, more @ ..]) => {
                    parts = more;
                    Piece::Part(part.language)
                }
                (Split::Placeholder(_), []) => return None,
            };
            unused = others;
            rest = after;
            count += 1;
        }
        if parts.is_empty() {
            Some(Self { all, count })
        } else {
            None
        }
    }

    /// The pieces from left to right. Pieces of text can be adjacent.
    #[must_use]
    pub const fn as_slice(&self) -> &[Piece<'a>] {
        self.all.split_at(self.count).0
    }
}

/// The path of the placeholder at this index, counted from 0.
#[must_use]
pub const fn placeholder(template: &str, index: usize) -> Option<&str> {
    let (mut rest, mut skip) = (template, index);
    while let Some((piece, after)) = split(rest) {
        if let Split::Placeholder(path) = piece {
            if skip == 0 {
                return Some(path);
            }
            skip -= 1;
        }
        rest = after;
    }
    None
}

enum Split<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

/// Splits off the first piece of a template.
const fn split(template: &str) -> Option<(Split<'_>, &str)> {
    match template.as_bytes() {
        [] => None,
        [b'{', b'{', ..] | [b'}', b'}', ..] => {
            let (text, rest) = template.split_at(1);
            Some((Split::Text(text), rest.split_at(1).1))
        }
        [b'{', ..] => {
            let (_, inner) = template.split_at(1);
            let (path, rest) = inner.split_at(brace_offset(inner));
            let rest = if rest.is_empty() {
                rest
            } else {
                rest.split_at(1).1
            };
            Some((Split::Placeholder(path), rest))
        }
        // A well-formed template has no single `}` here.
        [b'}', ..] => Some((Split::Text(template), "")),
        _ => {
            let (text, rest) = template.split_at(brace_offset(template));
            Some((Split::Text(text), rest))
        }
    }
}

/// The byte offset of the first brace, or the length of the text.
const fn brace_offset(text: &str) -> usize {
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        if matches!(byte, b'{' | b'}') {
            break;
        }
        rest = after;
    }
    text.len() - rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::Language::{self, Open, Unsigned};
    use crate::template::{self, Template};
    use proptest::prelude::*;

    const fn part(language: Language) -> PartKind {
        PartKind {
            language,
            pattern: language.pattern(),
        }
    }

    #[test]
    fn pieces_work_in_constants() {
        const SECOND: Option<&str> = placeholder("a-{id}/{order.line}", 1);
        const PIECES: Option<Pieces<'_>> =
            Pieces::of("a-{id}/{order.line}", &[part(Open), part(Unsigned)]);
        assert_eq!(
            PIECES.unwrap().as_slice(),
            [
                Piece::Text("a-"),
                Piece::Part(Open),
                Piece::Text("/"),
                Piece::Part(Unsigned),
            ]
        );
        assert_eq!(SECOND, Some("order.line"));
        assert_eq!(placeholder("a-{id}", 1), None);
    }

    #[test]
    fn piece_limit_is_exact() {
        let parts = [part(Open); MAX_PIECES / 2 + 1];
        let template = "a{b}".repeat(MAX_PIECES / 2);
        let pieces = Pieces::of(&template, &parts[1..]).unwrap();
        assert_eq!(pieces.as_slice().len(), MAX_PIECES);
        for one_more in ["a", "{a}"] {
            let template = format!("{template}{one_more}");
            let parts = &parts[usize::from(one_more == "a")..];
            assert!(Pieces::of(&template, parts).is_none());
        }
    }

    /// A well-formed template has no single braces, but a constant must not hang or panic on them.
    #[test]
    fn single_braces_end_a_template() {
        let texts = |template| {
            let pieces = Pieces::of(template, &[]).unwrap();
            let texts = pieces.as_slice().iter().map(|piece| match piece {
                Piece::Text(text) => (*text).to_owned(),
                Piece::Part(_) => unreachable!(),
            });
            texts.collect::<Vec<_>>()
        };
        assert_eq!(texts("a}b{c}"), ["a", "}b{c}"]);
        assert_eq!(texts("}}a{{"), ["}", "a", "{"]);
        assert!(texts("").is_empty());
        assert_eq!(placeholder("a{b", 0), Some("b"));
        assert_eq!(placeholder("{", 0), Some(""));
        assert_eq!(placeholder("{{b}}", 0), None);
        let order = "{a}{{{b}}}{c}";
        let found = [0, 1, 2, 3].map(|index| placeholder(order, index));
        assert_eq!(found, [Some("a"), Some("b"), Some("c"), None]);
    }

    #[test]
    fn part_count_must_match_placeholders() {
        assert!(Pieces::of("{a}-{b}", &[part(Open)]).is_none());
        assert!(Pieces::of("{a}", &[part(Open), part(Open)]).is_none());
        assert!(Pieces::of(&"a{b}".repeat(40), &[part(Open); 40]).is_none());
    }

    proptest! {
        #[test]
        fn pieces_match_the_parsed_template(
            text in "([a-zé/-]|\\{\\{|\\}\\}|\\{[a-z]{1,3}(\\.[a-z0-9]{1,2})?\\}[:/]){1,12}"
        ) {
            let Ok(template) = Template::parse(&text) else {
                return Ok(());
            };
            let (mut rest, mut found) = (text.as_str(), Vec::new());
            while let Some((piece, after)) = split(rest) {
                match (piece, found.last_mut()) {
                    (Split::Text(text), Some(template::Piece::Text(before))) => before.push_str(text),
                    (Split::Text(text), _) => found.push(template::Piece::Text(text.to_owned())),
                    (Split::Placeholder(_), _) => {
                        let at = found.iter().filter(|p| matches!(p, template::Piece::Placeholder(_)));
                        let expected = template.placeholders().nth(at.count());
                        found.push(template::Piece::Placeholder(expected.unwrap().clone()));
                    }
                }
                rest = after;
            }
            prop_assert_eq!(template.pieces(), found);
            for (index, known) in template.placeholders().enumerate() {
                prop_assert_eq!(placeholder(&text, index), Some(known.path()));
            }
        }
    }
}
