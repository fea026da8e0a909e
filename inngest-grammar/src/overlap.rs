//! Whether two templates could print the same id.
//!
//! Ids are global across event types, so this must not happen: the server would ignore the second
//! of two events that have nothing to do with each other. Both templates are walked at once, byte
//! by byte, through every text that each of their parts can print. Lengths of parts are not
//! counted and a number may be a lone `-`, so the answer errs on one side only: `false` is certain.

use crate::proof::{Language, Piece};

/// Longer templates are not walked; they count as ones that could coincide.
const MOST_STATES: usize = 320;

/// Whether an id exists that both templates can print, as far as is known.
///
/// ```
/// use inngest_grammar::overlap::could_coincide;
/// use inngest_grammar::proof::{Language, Piece};
/// let order = [Piece::Text("order-paid-"), Piece::Part(Language::Open)];
/// let again = [Piece::Text("order-paid-again-"), Piece::Part(Language::Open)];
/// let number = [Piece::Text("order-paid-"), Piece::Part(Language::Unsigned)];
/// assert!(could_coincide(&order, &again)); // the first order's id can be `again-1`
/// assert!(!could_coincide(&number, &again));
/// ```
#[must_use]
#[expect(
    clippy::indexing_slicing,
    reason = "i and j are below `len`, which is at most `MOST_STATES`, and rows are one longer"
)]
pub const fn could_coincide(a: &[Piece<'_>], b: &[Piece<'_>]) -> bool {
    let (Some(a), Some(b)) = (States::of(a), States::of(b)) else {
        return true;
    };
    // `reached[j]`: some text leads to this state of `a` and to state j of `b`. States only go
    // forward, so one row for this state of `a` and one for the next are enough.
    let mut reached = [false; MOST_STATES + 1];
    reached[0] = true;
    let mut i = 0;
    while i < a.len {
        let mut next = [false; MOST_STATES + 1];
        let mut j = 0;
        while j < b.len {
            if reached[j] {
                let (from_a, from_b) = (&a.all[i], &b.all[j]);
                if from_a.is_end && from_b.is_end {
                    return true;
                }
                // A part that has printed something may be over.
                if from_a.repeats {
                    next[j] = true;
                }
                if from_b.repeats {
                    reached[j + 1] = true;
                }
                if from_a.reads.meets(&from_b.reads) {
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

/// A place in a template: what can be read there.
#[derive(Clone, Copy)]
struct State {
    reads: Bytes,
    /// Inside a part: what is read leads here again, and the part may be over.
    repeats: bool,
    is_end: bool,
}

struct States {
    all: [State; MOST_STATES],
    len: usize,
}

impl States {
    const fn of(pieces: &[Piece<'_>]) -> Option<Self> {
        let mut states = Self {
            all: [State {
                reads: Bytes::NONE,
                repeats: false,
                is_end: true,
            }; MOST_STATES],
            len: 0,
        };
        let mut rest = pieces;
        while let [piece, after @ ..] = rest {
            match piece {
                Piece::Text(text) => {
                    let mut bytes = text.as_bytes();
                    while let [byte, others @ ..] = bytes {
                        if !states.push(Bytes::NONE.and(*byte), false) {
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
        // The state after the last is the end.
        if states.len >= MOST_STATES {
            return None;
        }
        states.len += 1;
        Some(states)
    }

    #[expect(clippy::indexing_slicing, reason = "`len` is checked just before")]
    const fn push(&mut self, reads: Bytes, repeats: bool) -> bool {
        if self.len >= MOST_STATES {
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

    const fn and(mut self, byte: u8) -> Self {
        if byte < 128 {
            self.low |= 1 << byte;
        } else {
            self.high |= 1 << (byte - 128);
        }
        self
    }

    const fn and_all(mut self, bytes: &[u8]) -> Self {
        let mut rest = bytes;
        while let [byte, others @ ..] = rest {
            self = self.and(*byte);
            rest = others;
        }
        self
    }

    const fn meets(&self, other: &Self) -> bool {
        self.low & other.low != 0 || self.high & other.high != 0
    }

    /// What a part can begin with, and what can follow in it.
    const fn of(language: Language) -> (Self, Self) {
        let digits = Self::NONE.and_all(b"0123456789");
        match language {
            Language::Fixed | Language::Open => (Self::ALL, Self::ALL),
            Language::Bool => {
                let first = Self::NONE.and_all(b"tf");
                (first, Self::NONE.and_all(b"rueals"))
            }
            Language::Unsigned => (digits, digits),
            Language::Signed => (digits.and(b'-'), digits),
            Language::Word => {
                let mut word = digits
                    .and_all(b"abcdefghijklmnopqrstuvwxyz")
                    .and_all(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
                word.high = u128::MAX;
                (word, word)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::could_coincide;
    use super::{MOST_STATES, Piece};
    use crate::proof::Language::{Bool, Fixed, Open, Signed, Unsigned, Word};
    use crate::proof::Piece::{Part, Text};
    use crate::proof::samples::{self, Parts};
    use proptest::prelude::*;
    use std::collections::{BTreeSet, HashSet};

    /// What can be read at a place of a template, and whether that place may be left or kept.
    struct Place {
        reads: BTreeSet<u8>,
        repeats: bool,
    }

    fn places(pieces: &[Piece<'_>]) -> Vec<Place> {
        let once = |reads| Place {
            reads,
            repeats: false,
        };
        let again = |reads| Place {
            reads,
            repeats: true,
        };
        let set = |of: &str| of.bytes().collect::<BTreeSet<u8>>();
        let digits = "0123456789";
        let mut places = Vec::new();
        for piece in pieces {
            let (first, more) = match piece {
                Text(text) => {
                    places.extend(text.bytes().map(|byte| once(BTreeSet::from([byte]))));
                    continue;
                }
                Part(Fixed | Open) => ((0..=255).collect(), (0..=255).collect()),
                Part(Bool) => (set("tf"), set("ruealse")),
                Part(Unsigned) => (set(digits), set(digits)),
                Part(Signed) => (set("-0123456789"), set(digits)),
                Part(Word) => {
                    let of: BTreeSet<u8> = (0..=255)
                        .filter(|byte| *byte > 127 || *byte == b'_' || byte.is_ascii_alphanumeric())
                        .collect();
                    (of.clone(), of)
                }
            };
            places.extend([once(first), again(more)]);
        }
        places
    }

    /// The same answer by the textbook: the pairs of places that one text leads to.
    fn have_a_text_in_common(a: &[Place], b: &[Place]) -> bool {
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
                let after = |at: &Place, here| if at.repeats { here } else { here + 1 };
                open.push((after(at_a, i), after(at_b, j)));
            }
        }
        false
    }

    #[test]
    fn texts_differ_in_any_byte() {
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

    /// The last state is the end of the template.
    #[test]
    fn templates_are_walked_up_to_the_limit() {
        let text = |length| "x".repeat(length);
        let (most, over) = (text(MOST_STATES - 1), text(MOST_STATES));
        let walked = [
            vec![Text(most.as_str())],
            vec![Text(&most[2..]), Part(Unsigned)],
        ];
        let not_walked = [
            vec![Text(over.as_str())],
            vec![Text(&over[1..]), Part(Unsigned)],
            vec![Text(&over[2..]), Part(Unsigned)],
            vec![Text(&over), Text("y")],
        ];
        for a in &walked {
            assert!(!could_coincide(a, &[Text("y")]), "{a:?}");
            assert!(!could_coincide(&[Text("y")], a), "{a:?}");
            assert!(could_coincide(a, a), "{a:?}");
            assert!(could_coincide(a, &[Text("x"), Part(Open)]), "{a:?}");
        }
        for a in &not_walked {
            assert!(could_coincide(a, &[Text("y")]), "{a:?}");
            assert!(could_coincide(&[Text("y")], a), "{a:?}");
        }
    }

    #[test]
    fn templates_that_part_ways() {
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
    fn templates_that_meet() {
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
            "too long to walk"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn the_answer_is_that_of_the_textbook(
            a in samples::parts(), b in samples::parts(), leads in ("[a0-]{0,2}", "[a0-]{0,2}")
        ) {
            let (a, b) = (samples::pieces(&leads.0, &a), samples::pieces(&leads.1, &b));
            let expected = have_a_text_in_common(&places(&a), &places(&b));
            prop_assert_eq!(could_coincide(&a, &b), expected, "{:?} {:?}", a, b);
        }

        #[test]
        fn templates_with_an_id_in_common_are_never_called_distinct(
            a in samples::parts(), b in samples::parts(), lead in "[a0-]{0,2}"
        ) {
            let ids = |parts: &Parts| samples::ids(parts).into_iter().map(|(id, _)| format!("{lead}{id}"));
            let (a_pieces, b_pieces) = (samples::pieces(&lead, &a), samples::pieces(&lead, &b));
            if !could_coincide(&a_pieces, &b_pieces) {
                let of_a: HashSet<String> = ids(&a).collect();
                prop_assert!(ids(&b).all(|id| !of_a.contains(&id)), "{:?} {:?}", a, b);
            }
        }
    }
}
