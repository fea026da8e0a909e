//! What each lint is about.

use super::Lint;

impl Lint {
    /// What the lint is about, why it matters and what to do, as Markdown.
    #[must_use]
    pub fn explanation(self) -> &'static str {
        match self {
            Self::CoincidingIds => include_str!("explain/coinciding-ids.md"),
            Self::EventWithoutId => include_str!("explain/event-without-id.md"),
            Self::LargeIntegers => include_str!("explain/large-integers.md"),
            Self::NullOrAbsent => include_str!("explain/null-or-absent.md"),
            Self::OutdatedVersion => include_str!("explain/outdated-version.md"),
            Self::SimilarNames => include_str!("explain/similar-names.md"),
            Self::UndocumentedFields => include_str!("explain/undocumented-fields.md"),
        }
    }
}
