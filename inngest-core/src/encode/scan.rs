//! JSON that is text already: what in it the server would change.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::json::{Lossy, MAX_EXACT, RESERVED_KEY};

/// What the server would take and change, and where it stands in what is text already: `.a[1]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) unlike: Lossy,
    pub(crate) inside: String,
}

/// Where in a text the reader is.
enum Frame<'a> {
    /// In an object, whose keys begin at this place of all that are kept.
    Object {
        keys: usize,
        /// `None` between a value and the next key.
        key: Option<Cow<'a, str>>,
    },
    /// In an array.
    Array { index: usize },
}

struct Scan<'a> {
    rest: &'a str,
    frames: Vec<Frame<'a>>,
    /// The keys of all objects that are open.
    keys: Vec<Cow<'a, str>>,
    /// Whether the next string is a key.
    is_key_next: bool,
    /// How many arrays and objects may be open.
    levels: usize,
}

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looked {
    /// What the server would change in JSON of the user; whether it is the top object, which has no
    /// reserved key.
    OfUser { is_top: bool },
    /// Keys that come twice, in JSON that was written here.
    Twice,
    /// Nothing.
    End,
}

/// The first thing in JSON of the user that the server would change; its top object may have the
/// reserved key when `is_top` is false. More levels than these are too deep.
pub(super) fn of_user(json: &str, is_top: bool, levels: usize) -> Option<Refused> {
    let mut scan = Scan::new(json);
    scan.levels = levels;
    scan.run(Looked::OfUser { is_top })
}

/// The first key that an object in JSON of `serde_json` has twice.
pub(super) fn twice(json: &str) -> Option<Refused> {
    Scan::new(json).run(Looked::Twice)
}

/// The path to the value that begins where this beginning of some JSON ends: `.a[1]`.
pub(super) fn path_to_end(json: &str) -> String {
    let mut scan = Scan::new(json);
    scan.run(Looked::End);
    scan.path()
}

impl<'a> Scan<'a> {
    fn new(json: &'a str) -> Self {
        Self {
            rest: json,
            frames: Vec::new(),
            keys: Vec::new(),
            is_key_next: false,
            levels: usize::MAX,
        }
    }

    fn run(&mut self, looked: Looked) -> Option<Refused> {
        let is_of_user = matches!(looked, Looked::OfUser { .. });
        loop {
            let start = self
                .rest
                .find(|c: char| matches!(c, '"' | '{' | '}' | '[' | ']' | ',' | '-' | '0'..='9'))?;
            let (_, token) = self.rest.split_at_checked(start)?;
            let mut after = token.chars();
            let first = after.next()?;
            self.rest = after.as_str();
            match first {
                '{' | '[' if self.frames.len() == self.levels => {
                    return Some(self.refused(Lossy::TooDeep));
                }
                '{' => {
                    self.frames.push(Frame::Object {
                        keys: self.keys.len(),
                        key: None,
                    });
                    self.is_key_next = true;
                }
                '[' => {
                    self.frames.push(Frame::Array { index: 0 });
                    self.is_key_next = false;
                }
                '}' | ']' => {
                    self.is_key_next = false;
                    if let Some(Frame::Object { keys, .. }) = self.frames.pop() {
                        let ended = self.keys.get_mut(keys..).unwrap_or_default();
                        ended.sort_unstable();
                        let mut pairs = ended.windows(2);
                        let same = pairs.find_map(|pair| match pair {
                            [a, b] if a == b && looked != Looked::End => Some(a),
                            _ => None,
                        });
                        if let Some(key) = same {
                            let key = Frame::Object {
                                keys,
                                key: Some(key.clone()),
                            };
                            self.frames.push(key);
                            return Some(self.refused(Lossy::KeyTwice));
                        }
                        self.keys.truncate(keys);
                    }
                }
                ',' => match self.frames.last_mut() {
                    Some(Frame::Array { index }) => *index += 1,
                    Some(Frame::Object { key, .. }) => {
                        self.is_key_next = true;
                        *key = None;
                    }
                    None => {}
                },
                '"' => {
                    let string = self.string();
                    if self.is_key_next {
                        self.is_key_next = false;
                        let is_top =
                            looked == Looked::OfUser { is_top: true } && self.frames.len() == 1;
                        let text = unescaped(string).unwrap_or(Cow::Borrowed(string));
                        let is_reserved = is_top && text == RESERVED_KEY;
                        if let Some(Frame::Object { key, .. }) = self.frames.last_mut() {
                            *key = Some(text.clone());
                        }
                        self.keys.push(text);
                        if is_reserved {
                            return Some(self.refused(Lossy::ReservedKey));
                        }
                    }
                    if is_of_user && unescaped(string).is_none() {
                        return Some(self.refused(Lossy::Surrogate));
                    }
                }
                _ => {
                    let end = self
                        .rest
                        .find(|c| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
                    let end = end.unwrap_or(self.rest.len());
                    let (number, _) = token.split_at_checked(end + 1)?;
                    self.rest = self.rest.get(end..)?;
                    if is_of_user && let Some(unlike) = inexact(number) {
                        return Some(self.refused(unlike));
                    }
                }
            }
        }
    }

    /// The inside of the string whose opening quote was read.
    fn string(&mut self) -> &'a str {
        let mut from = 0;
        while let Some(place) = self
            .rest
            .get(from..)
            .and_then(|rest| rest.find(['"', '\\']))
        {
            let place = from + place;
            let (inside, end) = self.rest.split_at_checked(place).unwrap_or_default();
            if let Some(after) = end.strip_prefix('"') {
                self.rest = after;
                return inside;
            }
            let escaped = end.chars().nth(1).map_or(0, char::len_utf8);
            from = place + 1 + escaped;
        }
        std::mem::take(&mut self.rest)
    }

    fn refused(&self, unlike: Lossy) -> Refused {
        let inside = self.path();
        Refused { unlike, inside }
    }

    /// Where the reader is.
    fn path(&self) -> String {
        let mut path = String::new();
        for frame in &self.frames {
            // Writing to a `String` cannot fail.
            let _ = match frame {
                Frame::Object { key: Some(key), .. } => write!(path, ".{key}"),
                Frame::Object { key: None, .. } => Ok(()),
                Frame::Array { index } => write!(path, "[{index}]"),
            };
        }
        path
    }
}

/// The text of the inside of a JSON string; `None` where it has half of a surrogate pair.
fn unescaped(inside: &str) -> Option<Cow<'_, str>> {
    if !inside.contains('\\') {
        return Some(Cow::Borrowed(inside));
    }
    serde_json::from_str(&format!("\"{inside}\""))
        .ok()
        .map(Cow::Owned)
}

/// How the double that the server keeps differs from a number.
pub(super) fn inexact(number: &str) -> Option<Lossy> {
    let digits = number.strip_prefix('-').unwrap_or(number);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        // Texts of more digits than a u128 has are beyond it too.
        let is_beyond = digits.parse::<u128>().map_or(true, |n| n > MAX_EXACT);
        return is_beyond.then(|| Lossy::Integer(number.to_owned()));
    }
    // What is no number, the server says.
    let double: f64 = number.parse().ok()?;
    let is_same = double.is_finite() && decimal(number) == decimal(&format!("{double:e}"));
    (!is_same).then(|| Lossy::Number(number.to_owned()))
}

/// The digits of a number between its first and its last that is not 0, and the power of ten of
/// the last; of 0 no digits.
fn decimal(number: &str) -> Option<(String, i64)> {
    let number = number.strip_prefix('-').unwrap_or(number);
    let (number, exponent) = match number.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent),
        None => (number, "0"),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{part}");
    let kept = digits.trim_end_matches('0');
    if kept.is_empty() {
        return Some((String::new(), 0));
    }
    let exponent: i64 = exponent.parse().ok()?;
    let zeros = i64::try_from(digits.len() - kept.len()).ok()?;
    let exponent = exponent.checked_sub(i64::try_from(part.len()).ok()?)?;
    let kept = kept.trim_start_matches('0').to_owned();
    Some((kept, exponent.checked_add(zeros)?))
}

#[cfg(test)]
mod tests {
    use super::{inexact, of_user, twice};
    use crate::encode::json::Lossy;
    use proptest::prelude::*;

    #[test]
    fn numbers_that_a_double_holds() {
        for number in [
            "0",
            "-0",
            "0.0",
            "-0.0e5",
            "1",
            "-1.50",
            "0.1",
            "1e300",
            "1.5E+300",
            "100e-2",
            "9007199254740991",
            "9007199254740992.0",
            "5e-324",
            "0e999999999999999999999",
        ] {
            assert_eq!(inexact(number), None, "{number}");
        }
        for number in [
            "9007199254740993.0",
            "9007199254740993e0",
            "12345678901234567890.5",
            "0.1234567890123456789012345",
            "1e400",
            "-1e-400",
            "1e99999999999999999999",
        ] {
            assert_eq!(inexact(number), Some(Lossy::Number(number.into())));
        }
    }

    proptest! {
        #[test]
        fn doubles_are_held_however_they_are_written(double: f64) {
            prop_assume!(double.is_finite());
            for text in [format!("{double:e}"), format!("{double:?}"), format!("{double:E}")] {
                // A whole number of so many digits is one that the user may not mean to be a double.
                let unlike = inexact(&text);
                prop_assert!(matches!(unlike, None | Some(Lossy::Integer(_))), "{text}");
            }
        }

        #[test]
        fn no_text_is_too_much(text in "[\\\\\"{}\\[\\],:0-9eE.a-]{0,40}") {
            let _ = (of_user(&text, true, 3), twice(&text));
        }
    }

    #[test]
    fn paths_lead_to_what_would_be_changed() {
        let inside = |json: &str| of_user(json, true, 9).map(|refused| refused.inside);
        for json in [
            r#"{"a":{"a":1},"b":[{"a":1},{"a":1}],"c":"a","A":1}"#,
            r#"{"a":"x\"","b":"\\","c":"{\"a\":1,\"a\":2}"}"#,
            r#"{"a":{"_inngest":1},"b":"_inngest"}"#,
            r#"["a","a",{},[],"\ud83d\ude00"]"#,
        ] {
            assert_eq!(inside(json), None, "{json}");
        }
        for (json, path) in [
            (r#"{"a":1,"b":{},"a":2}"#, ".a"),
            (r#"{"a":1,"\u0061":2}"#, ".a"),
            (r#"{"x":[0,{"b":{"k":1,"k":[1,{}]}}]}"#, ".x[1].b.k"),
            (r#"{"a":[],"_inn\u0067est":1}"#, "._inngest"),
            (r#"{"a":["\ud800"]}"#, ".a[0]"),
            (r#"{"\udc00":1}"#, r".\udc00"),
            (r#"{"a":[1,{"b":9007199254740993}]}"#, ".a[1].b"),
        ] {
            assert_eq!(inside(json).as_deref(), Some(path), "{json}");
        }
        assert!(of_user(r#"{"_inngest":1}"#, false, 9).is_none());
        assert!(twice(r#"{"a":9007199254740993,"b":"\ud800"}"#).is_none());
        assert!(twice(r#"[{"a":1,"b":2,"a":3}]"#).is_some_and(|found| found.inside == "[0].a"));
    }

    #[test]
    fn levels_are_counted_up_to_the_first_that_is_too_deep() {
        let inside = |json: &str, levels| {
            let refused = of_user(json, true, levels)?;
            assert_eq!(refused.unlike, Lossy::TooDeep);
            Some(refused.inside)
        };
        for (json, levels) in [
            ("1", 0),
            ("[]", 1),
            (r#"[[],{},[],"[[["]"#, 2),
            (r#"{"[":{"{":[]}}"#, 3),
        ] {
            assert_eq!(inside(json, levels), None, "{json}");
            if levels > 0 {
                assert!(inside(json, levels - 1).is_some(), "{json}");
            }
        }
        assert_eq!(inside("[]", 0).as_deref(), Some(""));
        assert_eq!(inside(r#"[[],{"a":[1]}]"#, 2).as_deref(), Some("[1].a"));
    }
}
