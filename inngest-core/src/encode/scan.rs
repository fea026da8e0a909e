//! Finds values that the server would change in JSON that is already text.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::json::{Lossy, MAX_EXACT_INTEGER, RESERVED_KEY};

/// A value that the server would change, and its path, such as `.a[1]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LossyValue {
    pub(crate) lossy: Lossy,
    pub(crate) path: String,
}

/// One array or object that the scan is inside.
enum Frame<'a> {
    /// An object. Its keys begin at this index of `Scan::keys`.
    Object {
        keys: usize,
        /// `None` between a value and the next key.
        key: Option<Cow<'a, str>>,
    },
    Array {
        index: usize,
    },
}

struct Scan<'a> {
    rest: &'a str,
    frames: Vec<Frame<'a>>,
    /// The keys of all open objects.
    keys: Vec<Cow<'a, str>>,
    /// Whether the next string is a key.
    is_key_next: bool,
    /// How many arrays and objects may be open at once.
    levels: usize,
}

/// What the scan looks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ScanMode {
    /// Values that the server would change, in the user's own JSON. `is_top` says whether the
    /// outermost object is `data`, which must not have the reserved key.
    UserJson { is_top: bool },
    /// Duplicate keys only, in JSON that this crate wrote.
    DuplicateKeys,
    /// Nothing; the scan only tracks the path.
    PathOnly,
}

/// The first value in the user's JSON that the server would change, or that is nested deeper than
/// `levels`. The outermost object may have the reserved key if `is_top` is false.
pub(super) fn first_lossy_value(json: &str, is_top: bool, levels: usize) -> Option<LossyValue> {
    let mut scan = Scan::new(json);
    scan.levels = levels;
    scan.run(ScanMode::UserJson { is_top })
}

/// The first duplicate key of an object in JSON that `serde_json` wrote.
pub(super) fn first_duplicate_key(json: &str) -> Option<LossyValue> {
    Scan::new(json).run(ScanMode::DuplicateKeys)
}

/// The path of the value that follows this prefix of a JSON document, such as `.a[1]`.
pub(super) fn path_to_end(json: &str) -> String {
    let mut scan = Scan::new(json);
    scan.run(ScanMode::PathOnly);
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

    fn run(&mut self, mode: ScanMode) -> Option<LossyValue> {
        let is_user_json = matches!(mode, ScanMode::UserJson { .. });
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
                    return Some(self.lossy_here(Lossy::TooDeep));
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
                            [a, b] if a == b && mode != ScanMode::PathOnly => Some(a),
                            _ => None,
                        });
                        if let Some(key) = same {
                            let key = Frame::Object {
                                keys,
                                key: Some(key.clone()),
                            };
                            self.frames.push(key);
                            return Some(self.lossy_here(Lossy::DuplicateKey));
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
                            mode == ScanMode::UserJson { is_top: true } && self.frames.len() == 1;
                        let text = unescaped(string).unwrap_or(Cow::Borrowed(string));
                        let is_reserved = is_top && text == RESERVED_KEY;
                        if let Some(Frame::Object { key, .. }) = self.frames.last_mut() {
                            *key = Some(text.clone());
                        }
                        self.keys.push(text);
                        if is_reserved {
                            return Some(self.lossy_here(Lossy::ReservedKey));
                        }
                    }
                    if is_user_json && unescaped(string).is_none() {
                        return Some(self.lossy_here(Lossy::Surrogate));
                    }
                }
                _ => {
                    let end = self
                        .rest
                        .find(|c| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
                    let end = end.unwrap_or(self.rest.len());
                    let (number, _) = token.split_at_checked(end + 1)?;
                    self.rest = self.rest.get(end..)?;
                    if is_user_json && let Some(lossy) = inexact(number) {
                        return Some(self.lossy_here(lossy));
                    }
                }
            }
        }
    }

    /// The content of the string whose opening quote was just read.
    fn string(&mut self) -> &'a str {
        let mut from = 0;
        while let Some(place) = self
            .rest
            .get(from..)
            .and_then(|rest| rest.find(['"', '\\']))
        {
            let place = from + place;
            let (content, end) = self.rest.split_at_checked(place).unwrap_or_default();
            if let Some(after) = end.strip_prefix('"') {
                self.rest = after;
                return content;
            }
            let escaped = end.chars().nth(1).map_or(0, char::len_utf8);
            from = place + 1 + escaped;
        }
        std::mem::take(&mut self.rest)
    }

    fn lossy_here(&self, lossy: Lossy) -> LossyValue {
        let path = self.path();
        LossyValue { lossy, path }
    }

    /// The path of the current position.
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

/// Unescapes the content of a JSON string. `None` if it has half of a surrogate pair.
fn unescaped(content: &str) -> Option<Cow<'_, str>> {
    if !content.contains('\\') {
        return Some(Cow::Borrowed(content));
    }
    serde_json::from_str(&format!("\"{content}\""))
        .ok()
        .map(Cow::Owned)
}

/// How storing this number as a double would change it; `None` if the double has the same value.
pub(super) fn inexact(number: &str) -> Option<Lossy> {
    let digits = number.strip_prefix('-').unwrap_or(number);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number with more digits than a `u128` holds is out of range too.
        let is_beyond = digits
            .parse::<u128>()
            .map_or(true, |n| n > MAX_EXACT_INTEGER);
        return is_beyond.then(|| Lossy::Integer(number.to_owned()));
    }
    // Leave an invalid number to the server, which rejects it.
    let double: f64 = number.parse().ok()?;
    let is_same = double.is_finite() && decimal(number) == decimal(&format!("{double:e}"));
    (!is_same).then(|| Lossy::Number(number.to_owned()))
}

/// The significant digits of a number and the power of ten of the last one. 0 has no digits.
fn decimal(number: &str) -> Option<(String, i64)> {
    let number = number.strip_prefix('-').unwrap_or(number);
    let (number, exponent) = match number.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent),
        None => (number, "0"),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    let kept = digits.trim_end_matches('0');
    if kept.is_empty() {
        return Some((String::new(), 0));
    }
    let exponent: i64 = exponent.parse().ok()?;
    let zeros = i64::try_from(digits.len() - kept.len()).ok()?;
    let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let kept = kept.trim_start_matches('0').to_owned();
    Some((kept, exponent.checked_add(zeros)?))
}

#[cfg(test)]
mod tests {
    use super::{first_duplicate_key, first_lossy_value, inexact};
    use crate::encode::json::Lossy;
    use proptest::prelude::*;

    #[test]
    fn inexact_numbers_are_found() {
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
        fn doubles_are_exact_in_any_notation(double: f64) {
            prop_assume!(double.is_finite());
            for text in [format!("{double:e}"), format!("{double:?}"), format!("{double:E}")] {
                // Digits alone are checked as an integer, not as a double.
                let lossy = inexact(&text);
                prop_assert!(matches!(lossy, None | Some(Lossy::Integer(_))), "{text}");
            }
        }

        #[test]
        fn invalid_json_does_not_panic(text in "[\\\\\"{}\\[\\],:0-9eE.a-]{0,40}") {
            let _ = (first_lossy_value(&text, true, 3), first_duplicate_key(&text));
        }
    }

    #[test]
    fn paths_locate_lossy_values() {
        let path_of = |json: &str| first_lossy_value(json, true, 9).map(|refused| refused.path);
        for json in [
            r#"{"a":{"a":1},"b":[{"a":1},{"a":1}],"c":"a","A":1}"#,
            r#"{"a":"x\"","b":"\\","c":"{\"a\":1,\"a\":2}"}"#,
            r#"{"a":{"_inngest":1},"b":"_inngest"}"#,
            r#"["a","a",{},[],"\ud83d\ude00"]"#,
        ] {
            assert_eq!(path_of(json), None, "{json}");
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
            assert_eq!(path_of(json).as_deref(), Some(path), "{json}");
        }
        assert!(first_lossy_value(r#"{"_inngest":1}"#, false, 9).is_none());
        assert!(first_duplicate_key(r#"{"a":9007199254740993,"b":"\ud800"}"#).is_none());
        assert!(
            first_duplicate_key(r#"[{"a":1,"b":2,"a":3}]"#)
                .is_some_and(|found| found.path == "[0].a")
        );
    }

    #[test]
    fn too_deep_values_are_located() {
        let path_of = |json: &str, levels| {
            let refused = first_lossy_value(json, true, levels)?;
            assert_eq!(refused.lossy, Lossy::TooDeep);
            Some(refused.path)
        };
        for (json, levels) in [
            ("1", 0),
            ("[]", 1),
            (r#"[[],{},[],"[[["]"#, 2),
            (r#"{"[":{"{":[]}}"#, 3),
        ] {
            assert_eq!(path_of(json, levels), None, "{json}");
            if levels > 0 {
                assert!(path_of(json, levels - 1).is_some(), "{json}");
            }
        }
        assert_eq!(path_of("[]", 0).as_deref(), Some(""));
        assert_eq!(path_of(r#"[[],{"a":[1]}]"#, 2).as_deref(), Some("[1].a"));
    }
}
