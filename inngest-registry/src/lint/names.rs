//! The lints and their levels.

use std::fmt;
use std::str::FromStr;

use crate::mode::one_of;

/// A rule about event types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Lint {
    /// Two event types whose ids could coincide.
    CoincidingIds,
    /// An event without an id.
    EventWithoutId,
    /// An integer that may be beyond what a double holds, and is not written as text.
    LargeIntegers,
    /// A field that may be `null` and may be absent.
    NullOrAbsent,
    /// A version older than one that is exported already.
    OutdatedVersion,
    /// Two spellings of one name.
    SimilarNames,
    /// Fields without a doc comment.
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

    /// The level where the settings say nothing: `deny` where events get lost or mixed up.
    #[must_use]
    pub fn default_level(self) -> Level {
        match self {
            Self::CoincidingIds | Self::OutdatedVersion => Level::Deny,
            _ => Level::Warn,
        }
    }

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
        write!(f, "there is no lint `{}`; ", self.0)?;
        one_of(f, &self.0, &Lint::ALL.map(Lint::name))
    }
}

impl std::error::Error for UnknownLint {}

/// What a lint does when it finds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    Allow,
    /// It is reported.
    Warn,
    /// It is reported, and the command fails.
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
        write!(f, "there is no level `{}`; ", self.0)?;
        one_of(f, &self.0, &["allow", "warn", "deny"])
    }
}

impl std::error::Error for UnknownLevel {}
