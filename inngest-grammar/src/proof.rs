//! The proof that two different events of one type never print the same id.
//!
//! Each placeholder type has a [`Language`]: the texts it can print. Consider parsing an id from
//! the left. The end of a part is known if its length is fixed, or if the text after it begins with
//! a character that cannot continue the part. Parsing from the right works the same way, with the
//! last character of the text before the part. The template is unambiguous if parsing from the left
//! and parsing from the right leave at most one part between them, because that part is the rest.
//!
//! | template | types | result |
//! |---|---|---|
//! | `item-imported-{item_id}-{line}` | string, unsigned | unambiguous: parse `line` from the right, up to the `-` |
//! | `{sku}-{delta}` | string, signed | ambiguous: `a--1` is `a` and −1, or `a-` and 1 |
//! | `{sku}/{delta}` | string, signed | unambiguous |
//! | any | two strings | ambiguous |
//!
//! The proof itself is a `const fn`, so the compiler can run it for types that the derive cannot
//! see.

/// The set of texts that a part of an id can print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// Always the same number of characters: a UUID, a ULID, a calendar date, a `char`.
    ///
    /// Nothing checks the length when a value is printed. If it varies, the proof does not hold:
    /// different events can share an id, and the server ignores the second. For example, a
    /// zero-padded number has a fixed length only until it has more digits than the padding.
    Fixed,
    /// `true` or `false`. Neither is a prefix or suffix of the other.
    Bool,
    /// One or more digits.
    Unsigned,
    /// One or more digits, with an optional leading `-`.
    Signed,
    /// One or more of `A` to `Z`, `a` to `z`, digits, `_` and non-ASCII characters: the variants of
    /// a unit-only enum.
    Word,
    /// Any non-empty text.
    Open,
}

impl Language {
    const ALL: [Self; 6] = [
        Self::Fixed,
        Self::Bool,
        Self::Unsigned,
        Self::Signed,
        Self::Word,
        Self::Open,
    ];

    /// The languages that satisfy a condition, as an ASCII character with one bit for each.
    fn set(condition: impl Fn(Self) -> bool) -> char {
        Self::ALL
            .iter()
            .filter(|language| condition(**language))
            .fold(b'@', |set, language| set | 1 << *language as u8)
            .into()
    }

    /// Whether parsing from the left finds the end of a part that is followed by the byte `next`.
    /// `None` stands for the end of the id, or for another part.
    #[must_use]
    pub const fn ends_before(self, next: Option<u8>) -> bool {
        match (self, next) {
            (Self::Fixed | Self::Bool, _) => true,
            // A `-` can only lead a number, so a `-` after a digit is not part of it.
            (Self::Unsigned | Self::Signed, Some(next)) => !next.is_ascii_digit(),
            (Self::Word, Some(next)) => !is_word(next),
            (Self::Unsigned | Self::Signed | Self::Word, None) | (Self::Open, _) => false,
        }
    }

    /// Whether parsing from the right finds the beginning of a part that is preceded by the byte
    /// `previous`. `None` stands for the beginning of the id, or for another part.
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

    /// Whether the language contains a UTF-8 text. [`Language::Fixed`] accepts every non-empty text,
    /// because its length is unknown.
    #[must_use]
    pub fn has(self, text: &[u8]) -> bool {
        let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        match self {
            Self::Bool => matches!(text, b"true" | b"false"),
            Self::Unsigned => digits(text),
            Self::Signed => digits(text.strip_prefix(b"-").unwrap_or(text)),
            Self::Word => !text.is_empty() && text.iter().all(|byte| is_word(*byte)),
            Self::Fixed | Self::Open => !text.is_empty(),
        }
    }

    /// A regular expression for the language, in ECMA-262 syntax as JSON Schema requires.
    #[must_use]
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Bool => "(?:true|false)",
            Self::Unsigned => "[0-9]+",
            Self::Signed => "-?[0-9]+",
            // `\w` is ASCII-only in ECMA-262, and Python does not support `\p{L}`.
            Self::Word => "(?:[0-9A-Za-z_]|[^\\x00-\\x7F])+",
            Self::Fixed | Self::Open => "[\\s\\S]+",
        }
    }
}

// `@` itself uses the next bit, so another language would always count as delimited.
const _: () = assert!(1 << (Language::ALL.len() - 1) < b'@');

/// Whether the byte can be part of a word. All bytes of non-ASCII characters can, because the set
/// of letters differs between Unicode versions.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Fixed text.
    Text(&'a str),
    /// The printed value of a field.
    Part(Language),
}

/// What a placeholder's field can print.
#[derive(Clone, Copy, Debug)]
pub struct PartKind {
    /// The language of the printed texts.
    pub language: Language,
    /// A regular expression (ECMA-262) for the printed texts.
    pub pattern: &'static str,
}

/// Encodes the surroundings of each part as two sets of languages: first the languages that
/// [end before](Language::ends_before) the following text, then the languages that
/// [begin after](Language::begins_after) the preceding text. Each set is an ASCII character with one
/// bit for each language.
///
/// `pieces` has the text of each piece, or `None` for a part.
///
/// The sets depend on the template alone, so the derive computes them. That leaves little work for
/// [`clash`], which rustc runs each time it compiles an event. The result is a `str` because the
/// generated code would have to convert a byte string to a slice.
pub fn edges<'a>(pieces: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let pieces: Vec<Option<&str>> = pieces.into_iter().collect();
    let text = |at: Option<usize>| pieces.get(at?).copied().flatten().map(str::as_bytes);
    let parts = pieces.iter().enumerate().filter(|(_, text)| text.is_none());
    parts
        .flat_map(|(at, _)| {
            let previous = text(at.checked_sub(1)).and_then(|text| text.last().copied());
            let next = text(Some(at + 1)).and_then(|text| text.first().copied());
            [
                Language::set(|language| language.ends_before(next)),
                Language::set(|language| language.begins_after(previous)),
            ]
        })
        .collect()
}

/// Finds the two parts that make a template ambiguous, by their indices among the parts: the first
/// part whose end is unknown, and the last part whose beginning is unknown.
///
/// `None` proves that different values never print the same id. `Some` means that the proof in the
/// [module documentation](self) fails. Except in contrived cases, different values then exist that
/// print the same id.
///
/// ```
/// use inngest_grammar::proof::{Language, PartKind, clash, edges};
/// const fn part(language: Language) -> PartKind {
///     PartKind { language, pattern: language.pattern() }
/// }
/// let sku_delta = [part(Language::Open), part(Language::Signed)];
/// assert!(clash(&sku_delta, &edges([None, Some("-"), None])).is_some());
/// assert!(clash(&sku_delta, &edges([None, Some("/"), None])).is_none());
/// ```
#[must_use]
#[expect(
    clippy::indexing_slicing,
    reason = "rustc evaluates indexing twice as fast, and every index is below `count`"
)]
pub const fn clash(parts: &[PartKind], edges: &str) -> Option<(usize, usize)> {
    let edges = edges.as_bytes();
    let count = parts.len();
    if edges.len() != 2 * count {
        return Some((0, 0));
    }
    let mut left = 0;
    while left < count && edges[2 * left] >> (parts[left].language as u8) & 1 == 1 {
        left += 1;
    }
    // Stop when at most one part is left between the two directions.
    let mut right = count;
    while left + 1 < right {
        right -= 1;
        if edges[2 * right + 1] >> (parts[right].language as u8) & 1 == 0 {
            return Some((left, right));
        }
    }
    None
}

/// Sample templates and ids for property tests.
#[cfg(test)]
pub(crate) mod samples {
    use super::Language::{self, Bool, Fixed, Open, Signed, Unsigned, Word};
    use super::Piece;
    use proptest::prelude::*;

    /// Each part with the text that follows it.
    pub(crate) type Parts = Vec<(Language, &'static str)>;

    /// Texts that a language can print, chosen to be easily confused with each other.
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

    /// Whether the proof succeeds for these pieces.
    pub(crate) fn is_unambiguous(pieces: &[Piece<'_>]) -> bool {
        clash_of(pieces).is_none()
    }

    pub(crate) fn clash_of(pieces: &[Piece<'_>]) -> Option<(usize, usize)> {
        let edges = super::edges(pieces.iter().map(|piece| match piece {
            Piece::Text(text) => Some(*text),
            Piece::Part(_) => None,
        }));
        let parts = pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Part(language) => Some(super::PartKind {
                language: *language,
                pattern: language.pattern(),
            }),
        });
        let parts: Vec<_> = parts.collect();
        super::clash(&parts, &edges)
    }

    /// Every id that a template prints with the sample texts, with its values.
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

    /// Whether different values print the same id.
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
    use super::samples::{clash_of, collides, is_unambiguous, parts, pieces};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn documented_templates_have_documented_results() {
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
    fn clash_returns_both_parts() {
        let pieces = [Part(Unsigned), Text("-"), Part(Open), Text("-"), Part(Open)];
        assert_eq!(clash_of(&pieces), Some((1, 2)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]
        #[test]
        fn proven_templates_never_collide(parts in parts()) {
            if is_unambiguous(&pieces("", &parts)) {
                prop_assert!(!collides(&parts), "{:?}", parts);
            }
        }
    }

    #[test]
    fn every_byte_delimits_the_right_languages() {
        let digits = b"0123456789";
        let others = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
        let digit = |byte: u8| digits.contains(&byte);
        let word = |byte: u8| digit(byte) || others.contains(&byte) || byte > 127;
        for byte in 0..=255 {
            for (language, ends, begins) in [
                (Fixed, true, true),
                (Bool, true, true),
                (Unsigned, !digit(byte), !digit(byte)),
                (Signed, !digit(byte), !digit(byte) && byte != b'-'),
                (Word, !word(byte), !word(byte)),
                (Open, false, false),
            ] {
                let at = format!("{language:?} next to {byte}");
                assert_eq!(language.ends_before(Some(byte)), ends, "{at}");
                assert_eq!(language.begins_after(Some(byte)), begins, "{at}");
            }
        }
        for language in Language::ALL {
            let always = matches!(language, Fixed | Bool);
            assert_eq!(language.ends_before(None), always, "{language:?}");
            assert_eq!(language.begins_after(None), always, "{language:?}");
        }
    }

    #[test]
    fn edges_encode_sets_of_languages() {
        // Bits from the lowest: fixed, bool, unsigned, signed, word, open. `@` is always set.
        let set = |bits: u8| char::from(b'@' | bits);
        let edges = edges([Some("a"), None, Some("/é"), None, None, Some("-")]);
        let expected = [
            (0b01_1111, 0b00_1111), // `/` ends a word, and `a` before it can belong to one
            (0b00_0011, 0b00_1111), // another part follows, and `é` precedes
            (0b01_1111, 0b00_0011), // `-` follows, and another part precedes
        ];
        let expected: String = expected
            .iter()
            .flat_map(|(ends, begins)| [set(*ends), set(*begins)])
            .collect();
        assert_eq!(edges, expected);
    }

    /// Searches for a clash by the definition, independently of the encoded edges.
    fn clash_by_definition(pieces: &[Piece<'_>]) -> Option<(usize, usize)> {
        let byte = |at: Option<usize>, last: bool| match pieces.get(at?)? {
            Text(text) if last => text.bytes().last(),
            Text(text) => text.bytes().next(),
            Part(_) => None,
        };
        let parts: Vec<(bool, bool)> = pieces
            .iter()
            .enumerate()
            .filter_map(|(at, piece)| match piece {
                Text(_) => None,
                Part(language) => Some((
                    language.ends_before(byte(Some(at + 1), false)),
                    language.begins_after(byte(at.checked_sub(1), true)),
                )),
            })
            .collect();
        let left = parts.iter().position(|(ends, _)| !ends)?;
        let right = parts.iter().rposition(|(_, begins)| !begins)?;
        (left < right).then_some((left, right))
    }

    #[test]
    fn mismatched_edges_are_a_clash() {
        let part = PartKind {
            language: Fixed,
            pattern: Fixed.pattern(),
        };
        let edges = edges([None, Some("-"), None]);
        assert_eq!(clash(&[part; 2], &edges), None);
        assert_eq!(clash(&[part; 1], &edges), Some((0, 0)));
        assert_eq!(clash(&[part; 3], &edges), Some((0, 0)));
        assert_eq!(clash(&[], ""), None);
    }

    #[test]
    fn patterns_match_the_published_schemas() {
        for (language, pattern) in [
            (Fixed, r"[\s\S]+"),
            (Bool, "(?:true|false)"),
            (Unsigned, "[0-9]+"),
            (Signed, "-?[0-9]+"),
            (Word, r"(?:[0-9A-Za-z_]|[^\x00-\x7F])+"),
            (Open, r"[\s\S]+"),
        ] {
            assert_eq!(language.pattern(), pattern);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]
        #[test]
        fn clash_matches_its_definition(parts in parts(), lead in "[a0/é-]{0,1}") {
            let pieces = pieces(&lead, &parts);
            prop_assert_eq!(clash_of(&pieces), clash_by_definition(&pieces), "{:?}", pieces);
        }
    }

    #[test]
    fn languages_contain_their_texts_only() {
        for (language, others) in [
            (Bool, &["", "True", "truefalse", "1"] as &[&str]),
            (Unsigned, &["", "-1", "+1", "1a", "1 ", "٣"]),
            (Signed, &["", "-", "--1", "1-", "+1", "-a"]),
            (Word, &["", "-", "a-b", "a b", "a\"", "a.b", "a\n"]),
            (Open, &[""]),
            (Fixed, &[""]),
        ] {
            for text in samples::texts(language) {
                assert!(language.has(text.as_bytes()), "{language:?} {text}");
            }
            for text in others {
                assert!(!language.has(text.as_bytes()), "{language:?} {text}");
            }
        }
    }

    #[test]
    fn ambiguous_templates_collide() {
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
