//! A field that an id template names.

use std::ops::Range;

/// The field that a placeholder names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    pub(super) path: String,
    pub(super) span: Range<usize>,
}

impl Placeholder {
    /// The path as written between the braces: `order.lines.0`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The names and tuple indices of the path, from the event's own field inwards.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.path.split('.')
    }

    /// The bytes of the template that the placeholder takes up, braces included.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}
