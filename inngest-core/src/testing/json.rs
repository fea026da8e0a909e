//! Parses JSON with the rules of Go's `encoding/json`, which the real server uses.
//!
//! Nothing here recurses over input: the server accepts nesting that would overflow a thread's stack.

use std::str;

/// The maximum nesting depth of a value (measured).
pub(super) const MAX_OPEN: usize = 10_000;

/// Why text is not valid JSON.
#[derive(Debug, PartialEq)]
pub(super) enum SyntaxError {
    /// The text ends inside the value.
    UnexpectedEnd,
    /// A byte is out of place. Holds Go's error message.
    Invalid(String),
}

/// The result of scanning one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scanned {
    /// The offset after the value's last byte.
    pub(super) end: usize,
    /// The value's nesting depth: 0 for a scalar.
    pub(super) levels: usize,
}

/// Returns the offset of the next byte that is not white space.
pub(super) fn skip_space(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let space = rest
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    at + space.count()
}

/// Validates the value at `start`, after optional white space.
pub(super) fn scan_value(text: &[u8], start: usize) -> Result<Scanned, SyntaxError> {
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
                // In ASCII, each closing bracket is its opening bracket plus two.
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
            None => return Err(SyntaxError::UnexpectedEnd),
        }
        // After a value: close enclosing containers until another value follows.
        loop {
            let Some(opened) = open.last() else {
                return Ok(Scanned { end: at, levels });
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
                None => return Err(SyntaxError::UnexpectedEnd),
            }
        }
    }
}

fn wrong(byte: u8, why: &str) -> SyntaxError {
    SyntaxError::Invalid(invalid(byte, why))
}

/// Formats Go's message for a misplaced byte.
pub(super) fn invalid(byte: u8, why: &str) -> String {
    let shown = match byte {
        b'\'' => "\\'".to_owned(),
        0x20..=0x7e => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    format!("invalid character '{shown}' {why}")
}

/// Returns the offset after a key and its colon.
fn end_of_key(text: &[u8], at: usize) -> Result<usize, SyntaxError> {
    match text.get(at) {
        Some(b'"') => {}
        Some(other) => {
            return Err(wrong(*other, "looking for beginning of object key string"));
        }
        None => return Err(SyntaxError::UnexpectedEnd),
    }
    let at = skip_space(text, end_of_string(text, at)?);
    match text.get(at) {
        Some(b':') => Ok(at + 1),
        Some(other) => Err(wrong(*other, "after object key")),
        None => Err(SyntaxError::UnexpectedEnd),
    }
}

pub(super) fn end_of_string(text: &[u8], start: usize) -> Result<usize, SyntaxError> {
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
                            None => return Err(SyntaxError::UnexpectedEnd),
                        }
                    }
                    at += 6;
                }
                Some(other) => return Err(wrong(*other, "in string escape code")),
                None => return Err(SyntaxError::UnexpectedEnd),
            },
            Some(control) if *control < b' ' => {
                return Err(wrong(*control, "in string literal"));
            }
            Some(_) => at += 1,
            None => return Err(SyntaxError::UnexpectedEnd),
        }
    }
}

fn end_of_word(text: &[u8], start: usize, word: &[u8]) -> Result<usize, SyntaxError> {
    for (place, expected) in (start..).zip(word) {
        match text.get(place) {
            Some(found) if found == expected => {}
            Some(other) => {
                let word = String::from_utf8_lossy(word);
                return Err(wrong(*other, &format!("in literal {word}")));
            }
            None => return Err(SyntaxError::UnexpectedEnd),
        }
    }
    Ok(start + word.len())
}

pub(super) fn end_of_number(text: &[u8], start: usize) -> Result<usize, SyntaxError> {
    let mut at = start;
    let digits = |at: usize, why: &str| match text.get(at) {
        Some(b'0'..=b'9') => {
            let rest = text.get(at..).unwrap_or_default();
            Ok(at + rest.iter().take_while(|b| b.is_ascii_digit()).count())
        }
        Some(other) => Err(wrong(*other, why)),
        None => Err(SyntaxError::UnexpectedEnd),
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

/// Decodes a JSON string. Invalid UTF-8 bytes and unpaired surrogates each become U+FFFD.
pub(super) fn unquote(quoted: &[u8]) -> String {
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

/// Decodes `\uXXXX` or a surrogate pair, and returns the character and the length of the escape.
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

/// Splits an object into keys and the texts of their values, in source order. Returns `None` for any
/// other value. Expects text that [`scan_value`] accepted.
pub(super) fn members(text: &[u8]) -> Option<Vec<(String, &[u8])>> {
    let mut members = Vec::new();
    let mut at = skip_space(text, 0);
    if text.get(at) != Some(&b'{') {
        return None;
    }
    loop {
        // `at` is at the opening brace or at a comma.
        let key = skip_space(text, at + 1);
        if text.get(key) != Some(&b'"') {
            return Some(members);
        }
        let end_of_key = end_of_string(text, key).ok()?;
        let value = skip_space(text, skip_space(text, end_of_key) + 1);
        let end = scan_value(text, value).ok()?.end;
        members.push((unquote(text.get(key..end_of_key)?), text.get(value..end)?));
        at = skip_space(text, end);
    }
}

/// Folds a key the way Go matches struct fields: ASCII case, the long s (U+017F) and the Kelvin sign
/// (U+212A).
pub(super) fn fold_key(key: &str) -> String {
    let fold = |character: char| match character {
        'ſ' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    key.chars().map(fold).collect()
}

/// Returns Go's name for the kind of a JSON value.
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
