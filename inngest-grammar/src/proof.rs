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
    ///
    /// Nothing checks this when a value is printed. Where the number varies, the proof is void:
    /// events that differ can have one id, and the server ignores the second. A number with leading
    /// zeros, for example, has the same length only as far as it has no more digits than those.
    Fixed,
    /// `true` or `false`: neither begins or ends the other.
    Bool,
    /// One or more digits.
    Unsigned,
    /// One or more digits, perhaps with a `-` in front.
    Signed,
    /// One or more letters `A` to `Z` and `a` to `z`, digits, `_`, and characters beyond ASCII: the
    /// variants of a unit-only enum.
    Word,
    /// Any text that is not empty.
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

    /// The languages of which something is true, as a character with a bit for each.
    fn set(is: impl Fn(Self) -> bool) -> char {
        Self::ALL
            .iter()
            .filter(|language| is(**language))
            .fold(b'@', |set, language| set | 1 << *language as u8)
            .into()
    }

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

    /// Whether a text, in UTF-8, is one of the language. Not known of [`Language::Fixed`], of which
    /// every text counts as one.
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

    /// A regular expression (ECMA-262, as JSON Schema has it) for the texts of the language.
    #[must_use]
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Bool => "(?:true|false)",
            Self::Unsigned => "[0-9]+",
            Self::Signed => "-?[0-9]+",
            // Not `\w`, which is ASCII alone in ECMA-262, and not `\p{L}`, which Python cannot read.
            Self::Word => "(?:[0-9A-Za-z_]|[^\\x00-\\x7F])+",
            Self::Fixed | Self::Open => "[\\s\\S]+",
        }
    }
}

// The next bit is that of `@`, by which one more language would count as proved.
const _: () = assert!(1 << (Language::ALL.len() - 1) < b'@');

/// Whether the byte can be part of a word. Any byte of a character beyond ASCII can, because which
/// of those are letters is another answer in each version of Unicode.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that every id of the template has.
    Text(&'a str),
    /// What a field prints.
    Part(Language),
}

/// What the field of a placeholder can print.
#[derive(Clone, Copy, Debug)]
pub struct PartKind {
    /// The texts.
    pub language: Language,
    /// The same as a regular expression (ECMA-262).
    pub pattern: &'static str,
}

/// What stands around the parts among pieces, of which the texts are given: for each part the set
/// of languages that end before the text after it, and the set of those that begin after the text
/// before it, as characters of ASCII with a bit for each language.
///
/// Both are known from the template alone, so that what is left to prove with the fields' types is
/// quick: it is done for each event each time that it is compiled. They are text because a byte
/// string would have to be made a slice for each.
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

/// The two parts that stand in the way of the proof that no two different value tuples print the
/// same id, by their places among the parts: the first that does not end by itself, and the last
/// that does not begin by itself.
///
/// `None` is a proof. A clash says that there is none of the kind described in the
/// [module's documentation](self); then two tuples with one id exist in all but contrived cases.
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
    reason = "rustc walks slices twice as fast by index, and all are below `count`"
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
    // At most one part is left over between the two readings when they have met.
    let mut right = count;
    while left + 1 < right {
        right -= 1;
        if edges[2 * right + 1] >> (parts[right].language as u8) & 1 == 0 {
            return Some((left, right));
        }
    }
    None
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

    /// Whether a template of these pieces is proved.
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
    use super::samples::{clash_of, collides, is_unambiguous, parts, pieces};
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
        assert_eq!(clash_of(&pieces), Some((1, 2)));
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

    /// Which bytes can stand beside a part, for every byte.
    #[test]
    fn a_part_ends_where_its_text_cannot_go_on() {
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
                let at = format!("{language:?} beside {byte}");
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
    fn edges_are_sets_of_languages() {
        // The bits from the lowest: fixed, bool, unsigned, signed, word, open; `@` is set in all.
        let set = |bits: u8| char::from(b'@' | bits);
        let edges = edges([Some("a"), None, Some("/é"), None, None, Some("-")]);
        let expected = [
            (0b01_1111, 0b00_1111), // `/` ends words, the `a` before belongs to them
            (0b00_0011, 0b00_1111), // another part follows, `é` stands before
            (0b01_1111, 0b00_0011), // `-` follows, another part stands before
        ];
        let expected: String = expected
            .iter()
            .flat_map(|(ends, begins)| [set(*ends), set(*begins)])
            .collect();
        assert_eq!(edges, expected);
    }

    /// A clash is searched for by the definition: the part to begin with on the left, and the one on
    /// the right.
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
    fn edges_of_another_template_are_a_clash() {
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
    fn patterns_are_those_of_schemas() {
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
        fn a_clash_is_that_of_the_definition(parts in parts(), lead in "[a0/é-]{0,1}") {
            let pieces = pieces(&lead, &parts);
            prop_assert_eq!(clash_of(&pieces), clash_by_definition(&pieces), "{:?}", pieces);
        }
    }

    #[test]
    fn a_language_has_its_texts_and_no_others() {
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
