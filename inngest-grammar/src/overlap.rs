//! Whether two templates could print the same id.
//!
//! Ids are global across event types. If two types printed the same id, the server would ignore the
//! second of two unrelated events. The search walks both templates at once, byte by byte, through
//! every text that their parts can print. It ignores the lengths of parts and accepts a lone `-` as
//! a number, so it errs on the safe side: `false` is certain, `true` may be a false alarm.

use crate::proof::{Language, Piece};

/// The maximum number of states of a template. Longer templates count as overlapping.
const MAX_STATES: usize = 320;

/// Whether both templates could print the same id. `false` is certain.
///
/// ```
/// use inngest_grammar::overlap::could_coincide;
/// use inngest_grammar::proof::{Language, Piece};
/// let order = [Piece::Text("order-paid-"), Piece::Part(Language::Open)];
/// let paid_again = [Piece::Text("order-paid-again-"), Piece::Part(Language::Open)];
/// let number = [Piece::Text("order-paid-"), Piece::Part(Language::Unsigned)];
/// assert!(could_coincide(&order, &paid_again)); // an order id can be `again-1`
/// assert!(!could_coincide(&number, &paid_again));
/// ```
#[must_use]
#[expect(
    clippy::indexing_slicing,
    reason = "i and j are below `len`, which is at most `MAX_STATES`, and rows are one longer"
)]
pub const fn could_coincide(a: &[Piece<'_>], b: &[Piece<'_>]) -> bool {
    let (Some(a), Some(b)) = (States::of(a), States::of(b)) else {
        return true;
    };
    // `reached[j]`: some text leads to state `i` of `a` and to state `j` of `b`. States only advance,
    // so one row for state `i` and one for state `i + 1` are enough.
    let mut reached = [false; MAX_STATES + 1];
    reached[0] = true;
    let mut i = 0;
    while i < a.len {
        let mut next = [false; MAX_STATES + 1];
        let mut j = 0;
        while j < b.len {
            if reached[j] {
                let (from_a, from_b) = (&a.all[i], &b.all[j]);
                if from_a.is_end && from_b.is_end {
                    return true;
                }
                // A part that has printed something may end here.
                if from_a.repeats {
                    next[j] = true;
                }
                if from_b.repeats {
                    reached[j + 1] = true;
                }
                if from_a.reads.intersects(&from_b.reads) {
                    let to = if from_b.repeats { j } else { j + 1 };
                    if from_a.repeats {
                        reached[to] = true;
                    } else {
                        next[to] = true;
                    }
                }
            }
            j += 1;
        }
        reached = next;
        i += 1;
    }
    false
}

/// A state of the automaton for a template.
#[derive(Clone, Copy)]
struct State {
    reads: Bytes,
    /// The state is inside a part: reading a byte stays here, and the part may also end.
    repeats: bool,
    is_end: bool,
}

struct States {
    all: [State; MAX_STATES],
    len: usize,
}

impl States {
    const fn of(pieces: &[Piece<'_>]) -> Option<Self> {
        let mut states = Self {
            all: [State {
                reads: Bytes::NONE,
                repeats: false,
                is_end: true,
            }; MAX_STATES],
            len: 0,
        };
        let mut rest = pieces;
        while let [piece, after @ ..] = rest {
            match piece {
                Piece::Text(text) => {
                    let mut bytes = text.as_bytes();
                    while let [byte, others @ ..] = bytes {
                        if !states.push(Bytes::NONE.with(*byte), false) {
                            return None;
                        }
                        bytes = others;
                    }
                }
                Piece::Part(language) => {
                    let (first, more) = Bytes::of(*language);
                    if !states.push(first, false) || !states.push(more, true) {
                        return None;
                    }
                }
            }
            rest = after;
        }
        // One more state marks the end of the template.
        if states.len >= MAX_STATES {
            return None;
        }
        states.len += 1;
        Some(states)
    }

    #[expect(clippy::indexing_slicing, reason = "`len` is checked just before")]
    const fn push(&mut self, reads: Bytes, repeats: bool) -> bool {
        if self.len >= MAX_STATES {
            return false;
        }
        self.all[self.len] = State {
            reads,
            repeats,
            is_end: false,
        };
        self.len += 1;
        true
    }
}

/// A set of bytes.
#[derive(Clone, Copy)]
struct Bytes {
    low: u128,
    high: u128,
}

impl Bytes {
    const NONE: Self = Self { low: 0, high: 0 };
    const ALL: Self = Self {
        low: u128::MAX,
        high: u128::MAX,
    };

    const fn with(mut self, byte: u8) -> Self {
        if byte < 128 {
            self.low |= 1 << byte;
        } else {
            self.high |= 1 << (byte - 128);
        }
        self
    }

    const fn with_all(mut self, bytes: &[u8]) -> Self {
        let mut rest = bytes;
        while let [byte, others @ ..] = rest {
            self = self.with(*byte);
            rest = others;
        }
        self
    }

    const fn intersects(&self, other: &Self) -> bool {
        self.low & other.low != 0 || self.high & other.high != 0
    }

    /// The possible first bytes of a part, and the possible later bytes.
    const fn of(language: Language) -> (Self, Self) {
        let digits = Self::NONE.with_all(b"0123456789");
        match language {
            Language::Fixed | Language::Open => (Self::ALL, Self::ALL),
            Language::Bool => {
                let first = Self::NONE.with_all(b"tf");
                (first, Self::NONE.with_all(b"rueals"))
            }
            Language::Unsigned => (digits, digits),
            Language::Signed => (digits.with(b'-'), digits),
            Language::Word => {
                let mut word = digits
                    .with_all(b"abcdefghijklmnopqrstuvwxyz")
                    .with_all(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
                word.high = u128::MAX;
                (word, word)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::could_coincide;
    use super::{MAX_STATES, Piece};
    use crate::proof::Language::{Bool, Fixed, Open, Signed, Unsigned, Word};
    use crate::proof::Piece::{Part, Text};
    use crate::proof::samples::{self, Parts};
    use proptest::prelude::*;
    use std::collections::{BTreeSet, HashSet};

    /// One position in a template: a state of the textbook automaton.
    struct Position {
        reads: BTreeSet<u8>,
        repeats: bool,
    }

    fn positions(pieces: &[Piece<'_>]) -> Vec<Position> {
        let single = |reads| Position {
            reads,
            repeats: false,
        };
        let repeated = |reads| Position {
            reads,
            repeats: true,
        };
        let set = |text: &str| text.bytes().collect::<BTreeSet<u8>>();
        let digits = "0123456789";
        let mut positions = Vec::new();
        for piece in pieces {
            let (first, more) = match piece {
                Text(text) => {
                    positions.extend(text.bytes().map(|byte| single(BTreeSet::from([byte]))));
                    continue;
                }
                Part(Fixed | Open) => ((0..=255).collect(), (0..=255).collect()),
                Part(Bool) => (set("tf"), set("ruealse")),
                Part(Unsigned) => (set(digits), set(digits)),
                Part(Signed) => (set("-0123456789"), set(digits)),
                Part(Word) => {
                    let word: BTreeSet<u8> = (0..=255)
                        .filter(|byte| *byte > 127 || *byte == b'_' || byte.is_ascii_alphanumeric())
                        .collect();
                    (word.clone(), word)
                }
            };
            positions.extend([single(first), repeated(more)]);
        }
        positions
    }

    /// Searches the product of both automata, as a textbook does.
    fn share_a_text(a: &[Position], b: &[Position]) -> bool {
        let mut seen = HashSet::new();
        let mut open = vec![(0, 0)];
        while let Some((i, j)) = open.pop() {
            if !seen.insert((i, j)) {
                continue;
            }
            if (i, j) == (a.len(), b.len()) {
                return true;
            }
            let (at_a, at_b) = (a.get(i), b.get(j));
            open.extend(at_a.filter(|at| at.repeats).map(|_| (i + 1, j)));
            open.extend(at_b.filter(|at| at.repeats).map(|_| (i, j + 1)));
            if let (Some(at_a), Some(at_b)) = (at_a, at_b)
                && !at_a.reads.is_disjoint(&at_b.reads)
            {
                let after = |at: &Position, here| if at.repeats { here } else { here + 1 };
                open.push((after(at_a, i), after(at_b, j)));
            }
        }
        false
    }

    #[test]
    fn texts_coincide_only_if_equal() {
        let texts = [
            "\0",
            "a",
            "\u{7f}",
            "é",
            "è",
            "Ā",
            "ā",
            "ÿ",
            "\u{10ffff}",
            "😀",
        ];
        for (i, a) in texts.iter().enumerate() {
            for (j, b) in texts.iter().enumerate() {
                assert_eq!(
                    could_coincide(&[Text(a)], &[Text(b)]),
                    i == j,
                    "{a:?} {b:?}"
                );
            }
            let is_word = !a.is_ascii() || *a == "a";
            assert_eq!(could_coincide(&[Text(a)], &[Part(Word)]), is_word, "{a:?}");
        }
    }

    /// The end of the template takes one state.
    #[test]
    fn templates_over_the_limit_count_as_overlapping() {
        let text = |length| "x".repeat(length);
        let (longest, too_long) = (text(MAX_STATES - 1), text(MAX_STATES));
        let within_limit = [
            vec![Text(longest.as_str())],
            vec![Text(&longest[2..]), Part(Unsigned)],
        ];
        let over_limit = [
            vec![Text(too_long.as_str())],
            vec![Text(&too_long[1..]), Part(Unsigned)],
            vec![Text(&too_long[2..]), Part(Unsigned)],
            vec![Text(&too_long), Text("y")],
        ];
        for a in &within_limit {
            assert!(!could_coincide(a, &[Text("y")]), "{a:?}");
            assert!(!could_coincide(&[Text("y")], a), "{a:?}");
            assert!(could_coincide(a, a), "{a:?}");
            assert!(could_coincide(a, &[Text("x"), Part(Open)]), "{a:?}");
        }
        for a in &over_limit {
            assert!(could_coincide(a, &[Text("y")]), "{a:?}");
            assert!(could_coincide(&[Text("y")], a), "{a:?}");
        }
    }

    #[test]
    fn templates_that_cannot_coincide() {
        for (a, b) in [
            (
                [Text("order-paid-"), Part(Open)],
                [Text("order-sent-"), Part(Open)],
            ),
            (
                [Text("order-"), Part(Unsigned)],
                [Text("order-paid-"), Part(Open)],
            ),
            (
                [Text("order-"), Part(Signed)],
                [Text("order--x"), Part(Open)],
            ),
            (
                [Text("order-"), Part(Word)],
                [Text("order-paid-"), Part(Word)],
            ),
            ([Text("a-"), Part(Bool)], [Text("a-"), Part(Unsigned)]),
            ([Part(Unsigned), Text("-a")], [Part(Unsigned), Text("-b")]),
        ] {
            assert!(!could_coincide(&a, &b), "{a:?} {b:?}");
            assert!(!could_coincide(&b, &a), "{b:?} {a:?}");
        }
        assert!(!could_coincide(&[Text("a")], &[Text("ab")]));
    }

    #[test]
    fn templates_that_could_coincide() {
        for (a, b) in [
            (
                [Text("order-"), Part(Open)],
                [Text("order-paid-"), Part(Unsigned)],
            ),
            (
                [Text("order-"), Part(Signed)],
                [Text("order--"), Part(Unsigned)],
            ),
            ([Text("order-"), Part(Fixed)], [Text("order-"), Part(Word)]),
            ([Part(Open), Text("-a")], [Text("b-"), Part(Open)]),
            ([Text("a-"), Part(Word)], [Text("a-"), Part(Bool)]),
        ] {
            assert!(could_coincide(&a, &b), "{a:?} {b:?}");
            assert!(could_coincide(&b, &a), "{b:?} {a:?}");
        }
        let long = "x".repeat(400);
        assert!(
            could_coincide(&[Text(&long)], &[Text("y")]),
            "too long to search"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn search_matches_the_textbook(
            a in samples::parts(), b in samples::parts(), leads in ("[a0-]{0,2}", "[a0-]{0,2}")
        ) {
            let (a, b) = (samples::pieces(&leads.0, &a), samples::pieces(&leads.1, &b));
            let expected = share_a_text(&positions(&a), &positions(&b));
            prop_assert_eq!(could_coincide(&a, &b), expected, "{:?} {:?}", a, b);
        }

        #[test]
        fn templates_that_share_an_id_could_coincide(
            a in samples::parts(), b in samples::parts(), lead in "[a0-]{0,2}"
        ) {
            let ids = |parts: &Parts| samples::ids(parts).into_iter().map(|(id, _)| format!("{lead}{id}"));
            let (a_pieces, b_pieces) = (samples::pieces(&lead, &a), samples::pieces(&lead, &b));
            if !could_coincide(&a_pieces, &b_pieces) {
                let a_ids: HashSet<String> = ids(&a).collect();
                prop_assert!(ids(&b).all(|id| !a_ids.contains(&id)), "{:?} {:?}", a, b);
            }
        }
    }
}
