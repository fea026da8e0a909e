//! Finds the members of an object and the elements of an array without parsing their values.
//!
//! The name of an event comes after its data, so the data must be skipped before its type is known.
//! [`Scanner`] only finds where a value ends. The caller parses the value, which also validates it.

use std::hint::black_box;

use crate::data::Json;
use crate::error::DecodeError;

/// A position in a JSON text.
#[derive(Clone, Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The next byte that is not white space.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    /// Moves past this byte if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Result<(), DecodeError> {
        if self.take(byte) {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{}`", char::from(byte))))
    }

    /// An error at the scanner's position.
    fn unexpected(&mut self, expected: &str) -> DecodeError {
        let message = match self.peek() {
            None => format!("the JSON ends where {expected} is expected"),
            Some(_) => format!("this is not JSON, byte {} is not {expected}", self.at),
        };
        DecodeError::syntax("", message)
    }

    /// Checks that only white space is left.
    pub(crate) fn end(&mut self) -> Result<(), DecodeError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.unexpected("the end")),
        }
    }

    /// Moves past the next value.
    pub(crate) fn value(&mut self) -> Result<Json<'a>, DecodeError> {
        let next = self.peek();
        let rest = self.rest();
        let (len, is_valid) = match next {
            Some(b'"') => end_of_string(rest),
            Some(b'{') if rest.starts_with(b"{}") => Some((2, true)),
            Some(b'{' | b'[') => end_of_container(rest).map(|len| (len, false)),
            _ => match end_of_scalar(rest) {
                (0, _) => return Err(self.unexpected("a value")),
                scalar => Some(scalar),
            },
        }
        .ok_or_else(|| DecodeError::syntax("", "the JSON ends inside a value"))?;
        let start = self.at;
        self.at += len;
        // The value begins and ends at ASCII characters.
        let text = self.text.get(start..self.at).unwrap_or_default();
        Ok(Json { text, is_valid })
    }

    /// Moves past the next key.
    fn key(&mut self) -> Result<Json<'a>, DecodeError> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key"));
        }
        // The keys of an event are short.
        if let Some([_, word @ ..]) = self.rest().first_chunk::<9>()
            && let Some(end) = special_in(*word)
            && word.get(end) == Some(&b'"')
        {
            let start = self.at;
            self.at += end + 2;
            return Ok(Json {
                text: self.text.get(start..self.at).unwrap_or_default(),
                is_valid: true,
            });
        }
        self.value()
    }

    /// Calls `each` for the members of the object that comes next, with the key in its quotes and the
    /// scanner at the value. `each` must move past the value.
    pub(crate) fn members(
        &mut self,
        mut each: impl FnMut(&mut Self, Json<'a>) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        self.expect(b'{')?;
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            let key = self.key()?;
            self.expect(b':')?;
            each(self, key)?;
            if self.take(b'}') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
    }

    /// Calls `each` for the elements of the array that comes next, with the scanner at the element.
    /// `each` must move past the element.
    pub(crate) fn elements(
        &mut self,
        mut each: impl FnMut(&mut Self, usize) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        self.expect(b'[')?;
        if self.take(b']') {
            return Ok(());
        }
        for index in 0.. {
            each(self, index)?;
            if self.take(b']') {
                break;
            }
            if !self.take(b',') {
                return Err(self.unexpected("`,` or `]`"));
            }
        }
        Ok(())
    }
}

/// The length of the number or word at the beginning, and whether it is known to be valid.
fn end_of_scalar(bytes: &[u8]) -> (usize, bool) {
    let is_end = |byte: &u8| {
        matches!(
            byte,
            b',' | b':' | b'[' | b']' | b'{' | b'}' | b'"' | b' ' | b'\t' | b'\n' | b'\r'
        )
    };
    let digits = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let rest = bytes.get(digits..).unwrap_or_default();
    let others = rest.iter().position(is_end).unwrap_or(rest.len());
    let has_zero_first = bytes.first() == Some(&b'0');
    (digits + others, others == 0 && !has_zero_first)
}

/// The length of the string at the beginning, with its quotes, and whether it has neither escapes nor
/// control characters.
fn end_of_string(bytes: &[u8]) -> Option<(usize, bool)> {
    let mut at = 1;
    let mut is_plain = bytes.first() == Some(&b'"');
    loop {
        let rest = bytes.get(at..)?;
        let offset = special(rest)?;
        match rest.get(offset)? {
            b'"' => return Some((at + offset + 1, is_plain)),
            b'\\' => at += offset + 2,
            _ => at += offset + 1,
        }
        is_plain = false;
    }
}

/// The offset of the first quote, backslash or control character.
fn special(bytes: &[u8]) -> Option<usize> {
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        if let Some(offset) = special_in(*word) {
            return Some(index * 8 + offset);
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
    Some(words.len() * 8 + tail.iter().position(is_special)?)
}

/// [`special`] in a word.
fn special_in(word: [u8; 8]) -> Option<usize> {
    let word = u64::from_le_bytes(word);
    // Each mask has the highest bit of every byte that it looks for. It may also have the highest bit of
    // other bytes, but only after the first match.
    let control = word.wrapping_sub(splat(0x20)) & !word & splat(0x80);
    let zero = |word: u64| word.wrapping_sub(splat(1)) & !word & splat(0x80);
    let found = zero(word ^ splat(b'"')) | zero(word ^ splat(b'\\')) | control;
    (found != 0).then(|| found.trailing_zeros() as usize / 8)
}

/// The length of the object or array at the beginning.
///
/// It scans 64 bytes at a time, because a branch for each string would cost more than the scan.
fn end_of_container(bytes: &[u8]) -> Option<usize> {
    let mut state = State::default();
    let (blocks, tail) = bytes.as_chunks::<64>();
    for (index, block) in blocks.iter().enumerate() {
        if let Some(end) = state.block(block) {
            return Some(index * 64 + end);
        }
    }
    let mut last = [0; 64];
    last.get_mut(..tail.len())?.copy_from_slice(tail);
    Some(blocks.len() * 64 + state.block(&last)?)
}

#[derive(Default)]
struct State {
    /// The number of open objects and arrays.
    depth: u32,
    /// All ones if the next byte is inside a string.
    in_string: u64,
    /// 1 if a backslash escapes the next byte.
    escaped: u64,
}

impl State {
    /// The bits at even positions.
    const EVEN: u64 = 0x5555_5555_5555_5555;

    /// Scans a block. Returns the offset after the bracket that closes the first one.
    fn block(&mut self, block: &[u8; 64]) -> Option<usize> {
        let Masks {
            quotes,
            backslashes,
            opening,
            closing,
        } = Masks::of(block);
        let quotes = quotes & !self.escaped(backslashes);
        let in_string = prefix_xor(quotes) ^ self.in_string;
        // Copy the highest bit to all bits.
        self.in_string = 0_u64.wrapping_sub(in_string >> 63);
        let (opening, closing) = (opening & !in_string, closing & !in_string);
        if self.depth > closing.count_ones() {
            self.depth += opening.count_ones();
            self.depth -= closing.count_ones();
            return None;
        }
        let mut brackets = opening | closing;
        while brackets != 0 {
            let lowest = brackets & brackets.wrapping_neg();
            if opening & lowest != 0 {
                self.depth += 1;
            } else {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    return Some(lowest.trailing_zeros() as usize + 1);
                }
            }
            brackets ^= lowest;
        }
        None
    }

    /// The bytes that a backslash escapes: the bytes after an odd number of backslashes.
    fn escaped(&mut self, backslashes: u64) -> u64 {
        if backslashes == 0 {
            return std::mem::take(&mut self.escaped);
        }
        let backslashes = backslashes & !self.escaped;
        let after = backslashes << 1 | self.escaped;
        // A run of backslashes that starts at an odd position carries into the byte after its end.
        let odd_starts = backslashes & !Self::EVEN & !after;
        let (ends, carry) = odd_starts.overflowing_add(backslashes);
        self.escaped = u64::from(carry);
        (Self::EVEN ^ (ends << 1)) & after
    }
}

/// One bit for each byte of a block.
struct Masks {
    quotes: u64,
    backslashes: u64,
    opening: u64,
    closing: u64,
}

impl Masks {
    fn of(block: &[u8; 64]) -> Self {
        // One bit for each kind of byte. The compiler turns this into vector instructions.
        let kinds = black_box(block.map(|byte| {
            // In ASCII, `[` and `]` differ from `{` and `}` by this bit only.
            let bracket = byte | 0x20;
            u8::from(byte == b'"')
                | u8::from(byte == b'\\') << 1
                | u8::from(bracket == b'{') << 2
                | u8::from(bracket == b'}') << 3
        }));
        let (words, _) = kinds.as_chunks::<8>();
        let any = words
            .iter()
            .fold(0, |any, word| any | u64::from_le_bytes(*word));
        let gather = |kind: u32| {
            if any & (splat(1) << kind) == 0 {
                return 0;
            }
            words.iter().rev().fold(0, |mask, word| {
                let bits = u64::from_le_bytes(*word) >> kind & splat(1);
                // The factor gathers the lowest bit of each byte.
                mask << 8 | bits.wrapping_mul(0x0102_0408_1020_4080) >> 56
            })
        };
        Self {
            quotes: gather(0),
            backslashes: gather(1),
            opening: gather(2),
            closing: gather(3),
        }
    }
}

/// A word whose bytes all have this value.
fn splat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Each bit of the result is the parity of the same bit and all lower bits of the input.
fn prefix_xor(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests;
