//! Text made when the program is compiled, where there is no `format!`.

/// A text of at most [`MOST_BYTES`]; what is longer is cut.
pub(crate) struct ConstText {
    bytes: [u8; MOST_BYTES],
    len: usize,
}

/// More than any message has, unless its names are absurd.
const MOST_BYTES: usize = 2_048;

impl ConstText {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; MOST_BYTES],
            len: 0,
        }
    }

    /// The text with another one behind it, or as it is where that has no room.
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
            // Whole texts only are put in, so this is never so.
            Err(_) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ConstText;

    #[test]
    fn texts_are_joined_and_what_has_no_room_is_left_out() {
        assert_eq!(
            ConstText::new().with("a é").with("").with("b").as_str(),
            "a éb"
        );
        let long = "x".repeat(2_047);
        let text = ConstText::new().with(&long).with("é").with("y");
        assert_eq!(text.as_str(), format!("{long}y"));
    }
}
