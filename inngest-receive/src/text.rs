//! Builds and compares text in constants, where `format!` and `==` are not available.

/// Text of at most [`MAX_BYTES`]. Parts that do not fit are left out.
pub(crate) struct ConstText {
    bytes: [u8; MAX_BYTES],
    len: usize,
}

/// Longer than any message, unless its names are extremely long.
const MAX_BYTES: usize = 2_048;

impl ConstText {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; MAX_BYTES],
            len: 0,
        }
    }

    /// Appends text if there is room for it.
    pub(crate) const fn with(mut self, text: &str) -> Self {
        let (_, room) = self.bytes.split_at_mut(self.len);
        if text.len() <= room.len() {
            let (target, _) = room.split_at_mut(text.len());
            target.copy_from_slice(text.as_bytes());
            self.len += text.len();
        }
        self
    }

    pub(crate) const fn as_str(&self) -> &str {
        let (used, _) = self.bytes.split_at(self.len);
        match std::str::from_utf8(used) {
            Ok(text) => text,
            // Unreachable: only whole strings are appended.
            Err(_) => "",
        }
    }
}

/// Whether two strings are equal. Compares eight bytes at a time, which is faster for names than a call to
/// the C library.
pub(crate) const fn is_same(a: &str, b: &str) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let (mut a, mut rest_of_a) = a.as_bytes().as_chunks::<8>();
    let (mut b, mut rest_of_b) = b.as_bytes().as_chunks::<8>();
    while let ([x, more_of_a @ ..], [y, more_of_b @ ..]) = (a, b) {
        if u64::from_ne_bytes(*x) != u64::from_ne_bytes(*y) {
            return false;
        }
        (a, b) = (more_of_a, more_of_b);
    }
    while let ([x, more_of_a @ ..], [y, more_of_b @ ..]) = (rest_of_a, rest_of_b) {
        if *x != *y {
            return false;
        }
        (rest_of_a, rest_of_b) = (more_of_a, more_of_b);
    }
    true
}
