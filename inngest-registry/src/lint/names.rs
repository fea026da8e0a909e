//! The lints and their levels.

use std::fmt;
use std::str::FromStr;

use crate::mode::one_of;

/// A rule about event types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Lint {
    /// Two event types can have the same id.
    CoincidingIds,
    /// The event has no id.
    EventWithoutId,
    /// An integer of 64 bits or more is written as a number, and a double cannot hold all of its values.
    LargeIntegers,
    /// A field may be `null` and may be absent.
    NullOrAbsent,
    /// The version is older than an exported one.
    OutdatedVersion,
    /// Two event names differ only in punctuation or case.
    SimilarNames,
    /// A field has no doc comment.
    UndocumentedFields,
}

impl Lint {
    /// All lints, in order of their names.
    pub const ALL: [Self; 7] = [
        Self::CoincidingIds,
        Self::EventWithoutId,
        Self::LargeIntegers,
        Self::NullOrAbsent,
        Self::OutdatedVersion,
        Self::SimilarNames,
        Self::UndocumentedFields,
    ];

    /// The name in settings, such as `large-integers`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CoincidingIds => "coinciding-ids",
            Self::EventWithoutId => "event-without-id",
            Self::LargeIntegers => "large-integers",
            Self::NullOrAbsent => "null-or-absent",
            Self::OutdatedVersion => "outdated-version",
            Self::SimilarNames => "similar-names",
            Self::UndocumentedFields => "undocumented-fields",
        }
    }

    /// The level without settings: `deny` for lints about events that get lost or mixed up.
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

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Lint {
    type Err = UnknownLint;

    fn from_str(text: &str) -> Result<Self, UnknownLint> {
        Self::ALL
            .into_iter()
            .find(|lint| lint.name() == text)
            .ok_or_else(|| UnknownLint(text.to_owned()))
    }
}

/// An unknown lint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLint(String);

impl fmt::Display for UnknownLint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown lint `{}`; ", self.0)?;
        one_of(f, &self.0, &Lint::ALL.map(Lint::name))
    }
}

impl std::error::Error for UnknownLint {}

/// How a lint reports its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Findings are not reported.
    Allow,
    /// Findings are reported.
    Warn,
    /// Findings are reported, and the command fails.
    Deny,
}

impl Level {
    /// The name in settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        [Self::Allow, Self::Warn, Self::Deny]
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}

/// An unknown level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLevel(String);

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown level `{}`; ", self.0)?;
        one_of(f, &self.0, &["allow", "warn", "deny"])
    }
}

impl std::error::Error for UnknownLevel {}
