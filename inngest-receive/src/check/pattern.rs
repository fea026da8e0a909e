//! Matches strings against the patterns of schemas, and generates strings that match.

use std::iter::Peekable;
use std::str::Chars;

/// The maximum number of repetitions that a pattern may require.
const MAX_REPETITIONS: usize = 1_000;

/// The maximum number of steps to match or generate a string, so that no pattern takes long.
const MAX_STEPS: usize = 100_000;

/// The maximum number of parts of a match. Each takes room on the stack.
const MAX_PARTS: usize = 1_500;

/// A parsed regular expression.
pub(super) struct Pattern(Vec<Sequence>);

type Sequence = Vec<Part>;

type Ranges = Vec<(char, char)>;

enum Part {
    /// One character in any of the ranges, or in none of them.
    Set {
        ranges: Ranges,
        is_negated: bool,
    },
    /// One of the sequences.
    Group(Vec<Sequence>),
    Repeat {
        part: Box<Part>,
        min: usize,
        max: usize,
    },
    Start,
    End,
}

const DIGITS: [(char, char); 1] = [('0', '9')];
const WORD: [(char, char); 4] = [('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')];
const SPACES: [(char, char); 2] = [(' ', ' '), ('\t', '\r')];
const LINE_ENDS: [(char, char); 3] = [('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')];

impl Pattern {
    /// Parses a regular expression. `None` if its syntax is not supported, such as `(?=…)`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parser = Parser(text.chars().peekable());
        let alternatives = parser.alternatives(0)?;
        parser.0.next().is_none().then_some(Self(alternatives))
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        let mut matcher = Matcher {
            chars: &chars,
            left: MAX_STEPS,
            depth: 0,
        };
        (0..=chars.len()).any(|start| {
            let mut any = self.0.iter();
            any.any(|sequence| matcher.sequence(sequence, start, &mut |_, _| true))
        })
    }

    /// Generates a string that matches and whose length is in the range.
    pub(super) fn generate(&self, min: usize, max: usize) -> Option<String> {
        (0..=min.min(MAX_REPETITIONS)).find_map(|more| {
            self.0.iter().find_map(|sequence| {
                let mut text = String::new();
                write(sequence, more, &mut text, &mut { MAX_STEPS })?;
                let fits = (min..=max).contains(&text.chars().count());
                (fits && self.matches(&text)).then_some(text)
            })
        })
    }
}

/// Writes text that matches the sequence, with `more` repetitions beyond each minimum. `left` is how many
/// parts may still be written.
fn write(sequence: &[Part], more: usize, text: &mut String, left: &mut usize) -> Option<()> {
    for part in sequence {
        *left = left.checked_sub(1)?;
        match part {
            Part::Start | Part::End => {}
            Part::Set { .. } => text.push(member(part)?),
            Part::Group(sequences) => write(sequences.first()?, more, text, left)?,
            Part::Repeat { part, min, max } => {
                for _ in 0..min.saturating_add(more).min(*max) {
                    write(std::slice::from_ref(part), more, text, left)?;
                }
            }
        }
    }
    Some(())
}

/// An ordinary character of a set, if the set has one.
fn member(set: &Part) -> Option<char> {
    let Part::Set { ranges, is_negated } = set else {
        return None;
    };
    let plain = ['1', 'a', 'A'].into_iter().chain(' '..='~');
    let first = ranges.first().filter(|_| !is_negated);
    plain
        .chain(first.map(|(first, _)| *first))
        .find(|c| is_in(*c, ranges, *is_negated))
}

fn is_in(c: char, ranges: &[(char, char)], is_negated: bool) -> bool {
    let is_member = ranges
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&c));
    is_member != is_negated
}

struct Matcher<'t> {
    chars: &'t [char],
    /// How many steps are left.
    left: usize,
    /// How many parts match so far.
    depth: usize,
}

/// Matches the rest of the pattern from an index.
type Next<'n> = &'n mut dyn FnMut(&mut Matcher<'_>, usize) -> bool;

impl Matcher<'_> {
    fn sequence(&mut self, sequence: &[Part], at: usize, next: Next<'_>) -> bool {
        let Some((first, rest)) = sequence.split_first() else {
            return next(self, at);
        };
        self.part(first, at, &mut |matcher, at| {
            matcher.sequence(rest, at, &mut *next)
        })
    }

    fn part(&mut self, part: &Part, at: usize, next: Next<'_>) -> bool {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || self.depth == MAX_PARTS {
            return false;
        }
        self.depth += 1;
        let matches = self.part_here(part, at, next);
        self.depth -= 1;
        matches
    }

    fn part_here(&mut self, part: &Part, at: usize, next: Next<'_>) -> bool {
        match part {
            Part::Start => at == 0 && next(self, at),
            Part::End => at == self.chars.len() && next(self, at),
            Part::Set { ranges, is_negated } => {
                let c = self.chars.get(at);
                c.is_some_and(|c| is_in(*c, ranges, *is_negated)) && next(self, at + 1)
            }
            Part::Group(sequences) => sequences
                .iter()
                .any(|sequence| self.sequence(sequence, at, &mut *next)),
            Part::Repeat { part, min, max } => self.repeat(part, *min, *max, at, next),
        }
    }

    fn repeat(&mut self, part: &Part, min: usize, max: usize, at: usize, next: Next<'_>) -> bool {
        if max > 0 {
            let again = self.part(part, at, &mut |matcher, after| {
                // An empty match that is not required would repeat without end.
                (after > at || min > 0)
                    && matcher.repeat(part, min.saturating_sub(1), max - 1, after, &mut *next)
            });
            if again {
                return true;
            }
        }
        min == 0 && next(self, at)
    }
}

/// The maximum nesting depth of groups.
const MAX_DEPTH: usize = 50;

struct Parser<'t>(Peekable<Chars<'t>>);

impl Parser<'_> {
    fn takes(&mut self, c: char) -> bool {
        self.0.next_if_eq(&c).is_some()
    }

    fn alternatives(&mut self, depth: usize) -> Option<Vec<Sequence>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut alternatives = vec![Vec::new()];
        loop {
            match self.0.peek() {
                None | Some(')') => return Some(alternatives),
                Some('|') => {
                    self.0.next();
                    alternatives.push(Vec::new());
                }
                Some(_) => {
                    let part = self.part(depth)?;
                    let part = self.repeated(part)?;
                    alternatives.last_mut()?.push(part);
                }
            }
        }
    }

    fn part(&mut self, depth: usize) -> Option<Part> {
        let set = |ranges: &[(char, char)], is_negated| Part::Set {
            ranges: ranges.to_vec(),
            is_negated,
        };
        Some(match self.0.next()? {
            '^' => Part::Start,
            '$' => Part::End,
            '.' => set(&LINE_ENDS, true),
            '[' => self.set()?,
            '(' => {
                if self.takes('?') && !self.takes(':') {
                    let is_name = self.takes('<') && !matches!(self.0.peek(), Some('=' | '!'));
                    if !is_name || !self.0.by_ref().any(|c| c == '>') {
                        return None;
                    }
                }
                let group = self.alternatives(depth + 1)?;
                self.takes(')').then_some(Part::Group(group))?
            }
            '\\' => {
                let (ranges, is_negated) = self.escape()?;
                set(&ranges, is_negated)
            }
            '*' | '+' | '?' | '{' => return None,
            c => set(&[(c, c)], false),
        })
    }

    fn repeated(&mut self, part: Part) -> Option<Part> {
        let (min, max) = match self.0.peek() {
            Some('*') => (0, usize::MAX),
            Some('+') => (1, usize::MAX),
            Some('?') => (0, 1),
            Some('{') => {
                self.0.next();
                let min = self.number()?;
                let max = match self.0.peek()? {
                    ',' => {
                        self.0.next();
                        self.number().or(Some(usize::MAX))
                    }
                    _ => Some(min),
                }?;
                (self.0.peek() == Some(&'}')).then_some((min, max))?
            }
            _ => return Some(part),
        };
        self.0.next();
        // Whether a repetition is lazy does not change which strings match.
        self.takes('?');
        (min <= max.min(MAX_REPETITIONS)).then(|| Part::Repeat {
            part: Box::new(part),
            min,
            max,
        })
    }

    fn number(&mut self) -> Option<usize> {
        let mut digits = String::new();
        while let Some(digit) = self.0.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        digits.parse().ok()
    }

    fn set(&mut self) -> Option<Part> {
        let is_negated = self.takes('^');
        let mut ranges = Vec::new();
        loop {
            match self.0.next()? {
                ']' => return Some(Part::Set { ranges, is_negated }),
                c => {
                    let (first, all) = self.set_member(c)?;
                    let mut ahead = self.0.clone();
                    let is_range = ahead.next() == Some('-') && ahead.next() != Some(']');
                    match first.filter(|_| is_range) {
                        Some(first) => {
                            self.0.next();
                            let last = self.0.next()?;
                            let (last, _) = self.set_member(last)?;
                            ranges.push((first, last?));
                        }
                        None => ranges.extend(all),
                    }
                }
            }
        }
    }

    /// The character, unless it is a class such as `\d`, and its ranges.
    fn set_member(&mut self, c: char) -> Option<(Option<char>, Ranges)> {
        let ranges = match c {
            '\\' => match self.escape()? {
                (ranges, false) => ranges,
                (_, true) => return None,
            },
            c => vec![(c, c)],
        };
        let single = match *ranges {
            [(first, last)] if first == last => Some(first),
            _ => None,
        };
        Some((single, ranges))
    }

    fn escape(&mut self) -> Option<(Ranges, bool)> {
        let single = |c: char| (vec![(c, c)], false);
        Some(match self.0.next()? {
            'd' => (DIGITS.to_vec(), false),
            'D' => (DIGITS.to_vec(), true),
            'w' => (WORD.to_vec(), false),
            'W' => (WORD.to_vec(), true),
            's' => (SPACES.to_vec(), false),
            'S' => (SPACES.to_vec(), true),
            'n' => single('\n'),
            'r' => single('\r'),
            't' => single('\t'),
            'x' => single(self.hex(2)?),
            'u' => single(self.hex(4)?),
            c if c.is_alphanumeric() => return None,
            c => single(c),
        })
    }

    fn hex(&mut self, digits: usize) -> Option<char> {
        let text: String = self.0.by_ref().take(digits).collect();
        char::from_u32(u32::from_str_radix(&text, 16).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn texts_match_as_in_regular_expressions() {
        for (pattern, text, expected) in [
            ("", "x", true),
            ("^a$", "a", true),
            ("^a$", "ab", false),
            ("a", "bab", true),
            ("^(a|bc)+$", "abca", true),
            ("^(a|bc)+$", "abb", false),
            ("^[0-9]{2,3}$", "1", false),
            ("^[0-9]{2,3}$", "123", true),
            ("^[0-9]{2,3}$", "1234", false),
            (r"^\d{4}-\d{2}-\d{2}$", "2026-11-21", true),
            (r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$", "-10.25", true),
            (r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$", "01", false),
            ("^[^/]+$", "a/b", false),
            (r"^[\w.-]+$", "a.b-c", true),
            (r"^(?:a*)*$", "aab", false),
            (r"^(?<year>\d+)$", "2026", true),
            ("^a+?$", "aaa", true),
            (r"^\u00e9\x41$", "éA", true),
            ("^a.c$", "a\nc", false),
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            assert_eq!(parsed.matches(text), expected, "{pattern} {text:?}");
        }
        for unknown in [
            "(?=a)", "(?!a)", "(?<=a)", r"\bx", r"(a)\1", r"\p{L}", "(a", "a)", "[a", "*", "a{2",
        ] {
            assert!(Pattern::parse(unknown).is_none(), "{unknown}");
        }
    }

    #[test]
    fn made_texts_match() {
        for (pattern, min, max, expected) in [
            ("^[A-Z]{2}-[0-9]+$", 0, 100, Some("AA-1")),
            ("^[A-Z]{2}-[0-9]+$", 6, 100, Some("AA-111")),
            ("^(x|yy)$", 2, 2, None),
            ("^[^a1A]$", 0, 9, Some(" ")),
            ("b$", 0, 9, Some("b")),
            ("^a{3}$", 0, 2, None),
            ("", 2, 9, None),
        ] {
            let generated = Pattern::parse(pattern).unwrap().generate(min, max);
            assert_eq!(generated.as_deref(), expected, "{pattern}");
        }
    }

    /// The matcher gives up on a pattern that takes exponential time.
    #[test]
    fn slow_patterns_end() {
        let pattern = Pattern::parse("^(a*)*(a*)*(a*)*b$").unwrap();
        assert!(!pattern.matches(&"a".repeat(200)));
    }
}
