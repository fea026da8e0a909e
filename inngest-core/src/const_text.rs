//! Builds text in constants, where `format!` is not available.

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

#[cfg(test)]
mod tests {
    use super::ConstText;

    #[test]
    fn texts_without_room_are_left_out() {
        assert_eq!(
            ConstText::new().with("a é").with("").with("b").as_str(),
            "a éb"
        );
        let long = "x".repeat(2_047);
        let text = ConstText::new().with(&long).with("é").with("y");
        assert_eq!(text.as_str(), format!("{long}y"));
    }
}
