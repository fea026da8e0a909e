//! The proof that two different events of one type never print the same id.
//!
//! Each placeholder's type has a [`Language`]: the texts it can print. Read the template from the
//! left: a part *ends by itself* where its text cannot go on, because its length is fixed or
//! because the first character of the text after it cannot belong to it at that place. Read it
//! from the right likewise, with the last character of the text before it. The template is
//! unambiguous when there is one part such that all parts left of it end in the first way and all
//! parts right of it in the second: then the two readings find every part, and the one between
//! them is what is left.
//!
//! So `item-imported-{item_id}-{line}` with a string and an unsigned integer is unambiguous: the
//! integer is read from the right up to the `-`. `{sku}-{delta}` with a signed integer is not:
//! `a--1` is `a` and −1, or `a-` and 1. `{sku}/{delta}` is. Two strings never are.
//!
//! All functions are `const`, so that the derive can ask about types that it cannot see.

/// The texts that a part of an id can print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// Always the same number of characters: a UUID, a ULID, a `char`.
    Fixed,
    /// `true` or `false`: neither begins or ends the other.
    Bool,
    /// One or more digits.
    Unsigned,
    /// One or more digits, perhaps with a `-` in front.
    Signed,
    /// One or more letters, digits and `_`: the variants of a unit-only enum.
    Word,
    /// Any text that is not empty.
    Open,
}

impl Language {
    /// Whether a part that is followed by `next` ends before it: reading from the left, its text
    /// cannot go on there. `None` is the end of the id, or another part.
    #[must_use]
    pub const fn ends_before(self, next: Option<u8>) -> bool {
        match (self, next) {
            (Self::Fixed | Self::Bool, _) => true,
            // A `-` stands only in front of digits, so after one it is no part of the number.
            (Self::Unsigned | Self::Signed, Some(next)) => !next.is_ascii_digit(),
            (Self::Word, Some(next)) => !is_word(next),
            (Self::Unsigned | Self::Signed | Self::Word, None) | (Self::Open, _) => false,
        }
    }

    /// Whether a part that is preceded by `previous` begins after it: reading from the right, its
    /// text cannot go on there. `None` is the beginning of the id, or another part.
    #[must_use]
    pub const fn begins_after(self, previous: Option<u8>) -> bool {
        match (self, previous) {
            (Self::Fixed | Self::Bool, _) => true,
            (Self::Unsigned, Some(previous)) => !previous.is_ascii_digit(),
            (Self::Signed, Some(previous)) => !previous.is_ascii_digit() && previous != b'-',
            (Self::Word, Some(previous)) => !is_word(previous),
            (Self::Unsigned | Self::Signed | Self::Word, None) | (Self::Open, _) => false,
        }
    }

    /// A regular expression (ECMA-262, as JSON Schema has it) for the texts of the language.
    #[must_use]
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Bool => "(?:true|false)",
            Self::Unsigned => "[0-9]+",
            Self::Signed => "-?[0-9]+",
            Self::Word => "\\w+",
            Self::Fixed | Self::Open => "[\\s\\S]+",
        }
    }
}

/// Whether the byte can be part of a letter, digit or `_`; any byte of a longer character can.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// A piece of a template as the proof sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that every id of the template has.
    Text(&'a str),
    /// What a field prints.
    Part(Language),
}

/// Whether no two different value tuples print the same id.
///
/// `true` is a proof. `false` says that there is none of the kind described in the
/// [module's documentation](self); then two tuples with one id exist in all but contrived cases.
///
/// ```
/// use inngest_grammar::proof::{Language, Piece, is_unambiguous};
/// const SKU_DELTA: [Piece<'_>; 3] = [
///     Piece::Part(Language::Open),
///     Piece::Text("-"),
///     Piece::Part(Language::Signed),
/// ];
/// const { assert!(!is_unambiguous(&SKU_DELTA)) };
/// ```
#[must_use]
pub const fn is_unambiguous(pieces: &[Piece<'_>]) -> bool {
    clash(pieces).is_none()
}

/// The two parts that stand in the way of the proof, by their places in `pieces`: the first that
/// does not end by itself, and the last that does not begin by itself.
#[must_use]
pub const fn clash(pieces: &[Piece<'_>]) -> Option<(usize, usize)> {
    let Some(left) = first_open_from_left(pieces) else {
        return None;
    };
    let Some(right) = first_open_from_right(pieces) else {
        return None;
    };
    // At most one part is left over between the two readings when they have met.
    if right <= left {
        None
    } else {
        Some((left, right))
    }
}

const fn first_open_from_left(pieces: &[Piece<'_>]) -> Option<usize> {
    let mut rest = pieces;
    let mut at = 0;
    while let [piece, after @ ..] = rest {
        if let Piece::Part(language) = piece {
            let next = match after {
                [Piece::Text(text), ..] => first_byte(text),
                _ => None,
            };
            if !language.ends_before(next) {
                return Some(at);
            }
        }
        rest = after;
        at += 1;
    }
    None
}

const fn first_open_from_right(pieces: &[Piece<'_>]) -> Option<usize> {
    let mut rest = pieces;
    while let [before @ .., piece] = rest {
        if let Piece::Part(language) = piece {
            let previous = match before {
                [.., Piece::Text(text)] => last_byte(text),
                _ => None,
            };
            if !language.begins_after(previous) {
                return Some(before.len());
            }
        }
        rest = before;
    }
    None
}

const fn first_byte(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [first, ..] => Some(*first),
        [] => None,
    }
}

const fn last_byte(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [.., last] => Some(*last),
        [] => None,
    }
}

/// Templates and ids for property tests.
#[cfg(test)]
pub(crate) mod samples {
    use super::Language::{self, Bool, Fixed, Open, Signed, Unsigned, Word};
    use super::Piece;
    use proptest::prelude::*;

    /// Parts with the text after each.
    pub(crate) type Parts = Vec<(Language, &'static str)>;

    /// Texts that each language can print, chosen to be mistaken for one another.
    pub(crate) fn texts(language: Language) -> &'static [&'static str] {
        match language {
            Fixed => &["0", "1", "-", "a", "_", "/", "é"],
            Bool => &["true", "false"],
            Unsigned => &["0", "1", "10", "101", "11"],
            Signed => &["0", "1", "-1", "10", "-10", "101"],
            Word => &["a", "true", "a_1", "1_1", "_", "1", "a0a", "é"],
            Open => &[
                "a", "-", "a-", "-1", "1", "/", "a/1", "0", "a_1", "true", "é", "1-1",
            ],
        }
    }

    pub(crate) fn parts() -> impl Strategy<Value = Parts> {
        const LANGUAGES: &[Language] = &[Fixed, Bool, Unsigned, Signed, Word, Open];
        const BETWEEN: &[&str] = &["", "-", "/", "0", "a", "_", "t", "--", "-/", "é"];
        let part = (
            proptest::sample::select(LANGUAGES),
            proptest::sample::select(BETWEEN),
        );
        proptest::collection::vec(part, 1..4)
    }

    pub(crate) fn pieces<'a>(lead: &'a str, parts: &Parts) -> Vec<Piece<'a>> {
        let parts = parts
            .iter()
            .flat_map(|(language, text)| [Piece::Part(*language), Piece::Text(text)]);
        let pieces = [Piece::Text(lead)].into_iter().chain(parts);
        pieces.filter(|piece| *piece != Piece::Text("")).collect()
    }

    /// Every id that a template can print with the sample texts, with the values printed.
    pub(crate) fn ids(parts: &Parts) -> Vec<(String, Vec<&'static str>)> {
        let mut ids = vec![(String::new(), Vec::new())];
        for (language, text) in parts {
            ids = ids
                .iter()
                .flat_map(|(id, values): &(String, Vec<_>)| {
                    texts(*language).iter().map(move |value| {
                        let mut values = values.clone();
                        values.push(*value);
                        (format!("{id}{value}{text}"), values)
                    })
                })
                .collect();
        }
        ids
    }

    /// Whether different values printed one id.
    pub(crate) fn collides(parts: &Parts) -> bool {
        let mut seen = std::collections::HashMap::new();
        ids(parts).into_iter().any(|(id, values)| {
            let first = seen.entry(id).or_insert_with(|| values.clone());
            *first != values
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Language::{Bool, Fixed, Open, Signed, Unsigned, Word};
    use super::Piece::{Part, Text};
    use super::samples::{collides, parts, pieces};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_templates_of_the_documentation() {
        let ok = |pieces: &[Piece<'_>]| assert!(is_unambiguous(pieces), "{pieces:?}");
        let no = |pieces: &[Piece<'_>]| assert!(!is_unambiguous(pieces), "{pieces:?}");
        ok(&[
            Text("item-imported-"),
            Part(Open),
            Text("-"),
            Part(Unsigned),
        ]);
        no(&[Part(Open), Text("-"), Part(Signed)]);
        ok(&[Part(Open), Text("/"), Part(Signed)]);
        no(&[Part(Unsigned), Text("0"), Part(Unsigned)]);
        no(&[Part(Open), Text("-"), Part(Open)]);
        ok(&[Part(Fixed), Text("-"), Part(Open), Text("-"), Part(Fixed)]);
        ok(&[Part(Signed), Text("-"), Part(Signed)]);
        no(&[Part(Word), Text("_"), Part(Word)]);
        ok(&[Part(Word), Text("-"), Part(Word)]);
        no(&[Part(Word), Text("é"), Part(Unsigned), Text("x"), Part(Word)]);
        ok(&[Part(Bool), Text("t"), Part(Open)]);
        ok(&[Text("only text")]);
        ok(&[Part(Open)]);
    }

    #[test]
    fn a_clash_names_the_two_parts() {
        let pieces = [Part(Unsigned), Text("-"), Part(Open), Text("-"), Part(Open)];
        assert_eq!(clash(&pieces), Some((2, 4)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]
        #[test]
        fn no_proven_template_prints_one_id_for_two_tuples(parts in parts()) {
            if is_unambiguous(&pieces("", &parts)) {
                prop_assert!(!collides(&parts), "{:?}", parts);
            }
        }
    }

    #[test]
    fn refused_templates_do_collide() {
        for parts in [
            vec![(Open, "-"), (Signed, "")],
            vec![(Open, "-"), (Open, "")],
            vec![(Unsigned, "0"), (Unsigned, "")],
            vec![(Word, "_"), (Word, "")],
            vec![(Unsigned, "1"), (Signed, "")],
            vec![(Open, "-"), (Unsigned, "-"), (Open, "")],
        ] {
            assert!(!is_unambiguous(&pieces("", &parts)), "{parts:?}");
            assert!(collides(&parts), "{parts:?}");
        }
    }
}
