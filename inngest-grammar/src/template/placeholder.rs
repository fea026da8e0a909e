//! A placeholder in an id template.

use std::ops::Range;

/// A reference to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    pub(super) path: String,
    pub(super) span: Range<usize>,
}

impl Placeholder {
    /// The path between the braces: `order.lines.0`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The field names and tuple indices of the path, outermost first.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.path.split('.')
    }

    /// The byte range of the placeholder in the template, including the braces.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}
