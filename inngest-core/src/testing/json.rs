//! JSON as the real server reads it, with Go's `encoding/json`.
//!
//! Nothing here recurses over what a request brings, because the server takes values that are nested
//! deeper than the stack of a thread allows.

use std::str;

/// How many arrays and objects may be open at a time (measured).
pub(super) const MAX_OPEN: usize = 10_000;

/// Why a text is not JSON.
#[derive(Debug, PartialEq)]
pub(super) enum Unreadable {
    /// It ends before the value does.
    End,
    /// It is wrong in some place.
    Wrong(String),
}

/// A value in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extent {
    /// The place after its last byte.
    pub(super) end: usize,
    /// How many arrays and objects are open in its innermost one.
    pub(super) levels: usize,
}

/// The place of the next byte that is not white space.
pub(super) fn skip_space(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let space = rest
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    at + space.count()
}

/// How far the value reaches that begins at a place or after white space there.
pub(super) fn extent(text: &[u8], start: usize) -> Result<Extent, Unreadable> {
    let mut open: Vec<u8> = Vec::new();
    let mut levels = 0;
    let mut at = start;
    loop {
        at = skip_space(text, at);
        match text.get(at) {
            Some(opened @ (b'{' | b'[')) => {
                open.push(*opened);
                levels = levels.max(open.len());
                if open.len() > MAX_OPEN {
                    return Err(wrong(*opened, "exceeded max depth"));
                }
                at = skip_space(text, at + 1);
                // One more than an opening bracket is its closing one, in ASCII but for one byte.
                if text.get(at) != Some(&(opened + 2)) {
                    if *opened == b'{' {
                        at = end_of_key(text, at)?;
                    }
                    continue;
                }
                open.pop();
                at += 1;
            }
            Some(b'"') => at = end_of_string(text, at)?,
            Some(b'-' | b'0'..=b'9') => at = end_of_number(text, at)?,
            Some(b't') => at = end_of_word(text, at, b"true")?,
            Some(b'f') => at = end_of_word(text, at, b"false")?,
            Some(b'n') => at = end_of_word(text, at, b"null")?,
            Some(other) => return Err(wrong(*other, "looking for beginning of value")),
            None => return Err(Unreadable::End),
        }
        // After a value: what it stands in ends as well, or another one follows.
        loop {
            let Some(opened) = open.last() else {
                return Ok(Extent { end: at, levels });
            };
            at = skip_space(text, at);
            let object = *opened == b'{';
            match text.get(at) {
                Some(b',') => {
                    at += 1;
                    if object {
                        at = end_of_key(text, skip_space(text, at))?;
                    }
                    break;
                }
                Some(closed) if *closed == opened + 2 => {
                    open.pop();
                    at += 1;
                }
                Some(other) if object => {
                    return Err(wrong(*other, "after object key:value pair"));
                }
                Some(other) => return Err(wrong(*other, "after array element")),
                None => return Err(Unreadable::End),
            }
        }
    }
}

fn wrong(byte: u8, why: &str) -> Unreadable {
    Unreadable::Wrong(invalid(byte, why))
}

/// The words for a byte in a place where it cannot stand.
pub(super) fn invalid(byte: u8, why: &str) -> String {
    let shown = match byte {
        b'\'' => "\\'".to_owned(),
        0x20..=0x7e => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    format!("invalid character '{shown}' {why}")
}

/// The place after a key and its colon.
fn end_of_key(text: &[u8], at: usize) -> Result<usize, Unreadable> {
    match text.get(at) {
        Some(b'"') => {}
        Some(other) => {
            return Err(wrong(*other, "looking for beginning of object key string"));
        }
        None => return Err(Unreadable::End),
    }
    let at = skip_space(text, end_of_string(text, at)?);
    match text.get(at) {
        Some(b':') => Ok(at + 1),
        Some(other) => Err(wrong(*other, "after object key")),
        None => Err(Unreadable::End),
    }
}

pub(super) fn end_of_string(text: &[u8], start: usize) -> Result<usize, Unreadable> {
    let mut at = start + 1;
    loop {
        match text.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => match text.get(at + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at += 2,
                Some(b'u') => {
                    for place in at + 2..at + 6 {
                        match text.get(place) {
                            Some(digit) if digit.is_ascii_hexdigit() => {}
                            Some(other) => {
                                return Err(wrong(*other, "in \\u hexadecimal character escape"));
                            }
                            None => return Err(Unreadable::End),
                        }
                    }
                    at += 6;
                }
                Some(other) => return Err(wrong(*other, "in string escape code")),
                None => return Err(Unreadable::End),
            },
            Some(control) if *control < b' ' => {
                return Err(wrong(*control, "in string literal"));
            }
            Some(_) => at += 1,
            None => return Err(Unreadable::End),
        }
    }
}

fn end_of_word(text: &[u8], start: usize, word: &[u8]) -> Result<usize, Unreadable> {
    for (place, expected) in (start..).zip(word) {
        match text.get(place) {
            Some(found) if found == expected => {}
            Some(other) => {
                let word = String::from_utf8_lossy(word);
                return Err(wrong(*other, &format!("in literal {word}")));
            }
            None => return Err(Unreadable::End),
        }
    }
    Ok(start + word.len())
}

pub(super) fn end_of_number(text: &[u8], start: usize) -> Result<usize, Unreadable> {
    let mut at = start;
    let digits = |at: usize, why: &str| match text.get(at) {
        Some(b'0'..=b'9') => {
            let rest = text.get(at..).unwrap_or_default();
            Ok(at + rest.iter().take_while(|b| b.is_ascii_digit()).count())
        }
        Some(other) => Err(wrong(*other, why)),
        None => Err(Unreadable::End),
    };
    if text.get(at) == Some(&b'-') {
        at += 1;
    }
    at = match text.get(at) {
        Some(b'0') => at + 1,
        _ => digits(at, "in numeric literal")?,
    };
    if text.get(at) == Some(&b'.') {
        at = digits(at + 1, "after decimal point in numeric literal")?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = text.get(at) {
            at += 1;
        }
        at = digits(at, "in exponent of numeric literal")?;
    }
    Ok(at)
}

/// The text that a JSON string stands for. Each byte that is not UTF-8 and each half of a surrogate
/// pair is U+FFFD.
pub(super) fn unquoted(quoted: &[u8]) -> String {
    let inside = quoted.strip_prefix(b"\"").unwrap_or(quoted);
    let mut rest = inside.strip_suffix(b"\"").unwrap_or(inside);
    let mut text = String::with_capacity(rest.len());
    while let Some(escape) = rest.iter().position(|byte| *byte == b'\\') {
        let (plain, escaped) = rest.split_at(escape);
        push_bytes(&mut text, plain);
        let (character, length) = match escaped.get(1) {
            Some(b'u') => escaped_character(escaped),
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(itself) => (char::from(*itself), 2),
            None => (char::REPLACEMENT_CHARACTER, 1),
        };
        text.push(character);
        rest = escaped.get(length..).unwrap_or_default();
    }
    push_bytes(&mut text, rest);
    text
}

/// The character of an escape `\uXXXX` or of two that are a pair, and how long it is.
fn escaped_character(escaped: &[u8]) -> (char, usize) {
    let unit = |at: usize| -> Option<u32> {
        let digits = escaped.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
    };
    match (unit(0), unit(6)) {
        (Some(high @ 0xd800..=0xdbff), Some(low @ 0xdc00..=0xdfff)) => {
            let pair = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            (replaced(pair), 12)
        }
        (Some(unit), _) => (replaced(unit), 6),
        (None, _) => (char::REPLACEMENT_CHARACTER, 6),
    }
}

fn replaced(number: u32) -> char {
    char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn push_bytes(text: &mut String, mut bytes: &[u8]) {
    loop {
        match str::from_utf8(bytes) {
            Ok(valid) => return text.push_str(valid),
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                text.push_str(str::from_utf8(valid).unwrap_or_default());
                text.push(char::REPLACEMENT_CHARACTER);
                bytes = rest.get(1..).unwrap_or_default();
            }
        }
    }
}

/// The members of an object in the order in which they stand: each key, and the text of its value.
/// `None` when the value is no object. The text is JSON by [`extent`].
pub(super) fn members(text: &[u8]) -> Option<Vec<(String, &[u8])>> {
    let mut members = Vec::new();
    let mut at = skip_space(text, 0);
    if text.get(at) != Some(&b'{') {
        return None;
    }
    loop {
        // After the brace, or after a comma.
        let key = skip_space(text, at + 1);
        if text.get(key) != Some(&b'"') {
            return Some(members);
        }
        let end_of_key = end_of_string(text, key).ok()?;
        let value = skip_space(text, skip_space(text, end_of_key) + 1);
        let end = extent(text, value).ok()?.end;
        members.push((unquoted(text.get(key..end_of_key)?), text.get(value..end)?));
        at = skip_space(text, end);
    }
}

/// A key as Go compares it with the name of a field: letters in any case, and the long s and the sign
/// of the kelvin are letters too.
pub(super) fn folded(key: &str) -> String {
    let fold = |character: char| match character {
        'ſ' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    key.chars().map(fold).collect()
}

/// The word that Go has for the kind of a value, which is given as text.
pub(super) fn kind(value: &[u8]) -> &'static str {
    match value.first() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "bool",
        Some(b'n') => "null",
        _ => "number",
    }
}

#[cfg(test)]
mod tests;
