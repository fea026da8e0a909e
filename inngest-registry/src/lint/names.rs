//! The lints and their levels.

use crate::named::named_enum;

named_enum! {
    "lint"
    /// A rule about event types.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[non_exhaustive]
    pub enum Lint {
        /// A new variant of an enum breaks readers.
        ClosedEnums = "closed-enums",
        /// Two event types can have the same id.
        CoincidingIds = "coinciding-ids",
        /// The event has no id.
        EventWithoutId = "event-without-id",
        /// An integer of 64 bits or more is written as a number, and a double cannot hold all of its values.
        LargeIntegers = "large-integers",
        /// A text in the event's id may be empty.
        MayBeEmpty = "may-be-empty",
        /// A field may be `null` and may be absent.
        NullOrAbsent = "null-or-absent",
        /// The version is older than an exported one.
        OutdatedVersion = "outdated-version",
        /// A field outside `user` is named like a secret or personal data.
        SensitiveFields = "sensitive-fields",
        /// Two event names differ only in punctuation or case.
        SimilarNames = "similar-names",
        /// A field has no doc comment.
        UndocumentedFields = "undocumented-fields",
        /// A text is named like a time or a number.
        UntypedTexts = "untyped-texts",
    }
}

named_enum! {
    "level"
    /// How a lint reports its findings.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Level {
        /// Findings are not reported.
        Allow = "allow",
        /// Findings are reported.
        Warn = "warn",
        /// Findings are reported, and the command fails.
        Deny = "deny",
    }
}

impl Lint {
    /// The level without settings: `deny` for mistakes that lose or mix up events.
    #[must_use]
    pub fn default_level(self) -> Level {
        match self {
            Self::CoincidingIds | Self::OutdatedVersion => Level::Deny,
            _ => Level::Warn,
        }
    }

    /// Explains what the lint flags, why it matters and what to do, as Markdown.
    #[must_use]
    pub fn explanation(self) -> &'static str {
        match self {
            Self::ClosedEnums => include_str!("explain/closed-enums.md"),
            Self::CoincidingIds => include_str!("explain/coinciding-ids.md"),
            Self::EventWithoutId => include_str!("explain/event-without-id.md"),
            Self::LargeIntegers => include_str!("explain/large-integers.md"),
            Self::MayBeEmpty => include_str!("explain/may-be-empty.md"),
            Self::NullOrAbsent => include_str!("explain/null-or-absent.md"),
            Self::OutdatedVersion => include_str!("explain/outdated-version.md"),
            Self::SensitiveFields => include_str!("explain/sensitive-fields.md"),
            Self::SimilarNames => include_str!("explain/similar-names.md"),
            Self::UndocumentedFields => include_str!("explain/undocumented-fields.md"),
            Self::UntypedTexts => include_str!("explain/untyped-texts.md"),
        }
    }
}
