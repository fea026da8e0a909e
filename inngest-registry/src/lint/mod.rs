//! What compiles and is likely to be regretted.

mod explain;
mod rules;

use std::fmt;
use std::str::FromStr;

use inngest_core::registry::Registry;
use serde_json::{Value, json};

use crate::catalogue::{Catalogue, label};
use crate::effect::count;
use crate::mode::one_of;
use crate::paint::Paint;
use crate::settings::Settings;
use crate::version;

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

/// A lint that there is not.
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

/// A level that there is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLevel(String);

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no level `{}`; ", self.0)?;
        one_of(f, &self.0, &["allow", "warn", "deny"])
    }
}

impl std::error::Error for UnknownLevel {}

/// What a lint found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The lint.
    pub lint: Lint,
    /// Its level for this event, `warn` or `deny`.
    pub level: Level,
    /// The event name.
    pub event: String,
    /// The version.
    pub version: Option<String>,
    /// The source file and line of the type.
    pub source: Option<(String, u32)>,
    /// What was found, and what to do.
    pub message: String,
}

/// What all lints found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// In order of event name, version and lint.
    pub warnings: Vec<Warning>,
    /// Lints that could not look, and why.
    pub skipped: Vec<(Lint, &'static str)>,
    /// How many event types were looked at.
    pub types: usize,
}

/// What lints look at.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Input<'a> {
    /// The event types.
    pub types: &'a Catalogue,
    /// The Rust types, where there are any: only these tell what an id can be.
    pub registry: Option<&'a Registry>,
    /// What is exported already, where there is something.
    pub exported: Option<&'a Catalogue>,
}

impl<'a> Input<'a> {
    /// Event types alone.
    #[must_use]
    pub fn new(types: &'a Catalogue) -> Self {
        Self {
            types,
            registry: None,
            exported: None,
        }
    }
}

/// Looks for what the lints are about.
#[must_use]
pub fn lint(input: Input<'_>, settings: &Settings) -> Report {
    let mut found = rules::Found {
        settings,
        warnings: Vec::new(),
    };
    let mut skipped = Vec::new();
    match input.registry {
        Some(registry) => rules::coinciding_ids(registry, &mut found),
        None => skipped.push((
            Lint::CoincidingIds,
            "files do not tell what an id can be; run `lint` in the program with the types",
        )),
    }
    match input.exported {
        Some(exported) => rules::outdated_version(input.types, exported, &mut found),
        None => skipped.push((
            Lint::OutdatedVersion,
            "there is nothing to compare with; name the exported folder",
        )),
    }
    rules::similar_names(input.types, &mut found);
    for event in input.types {
        rules::one_event(event, &mut found);
    }
    let mut warnings = found.warnings;
    warnings.sort_by(|a, b| {
        let order = version::order(
            (&a.event, a.version.as_deref()),
            (&b.event, b.version.as_deref()),
        );
        order.then_with(|| (a.lint, &a.message).cmp(&(b.lint, &b.message)))
    });
    Report {
        warnings,
        skipped,
        types: input.types.len(),
    }
}

impl Report {
    /// Whether a lint of level `deny` found something.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.warnings.iter().any(|w| w.level == Level::Deny)
    }

    /// The report for machines.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let warnings = self.warnings.iter().map(|warning| {
            json!({
                "lint": warning.lint.name(),
                "level": warning.level.name(),
                "event": warning.event,
                "version": warning.version,
                "message": warning.message,
                "file": warning.source.as_ref().map(|(file, _)| file),
                "line": warning.source.as_ref().map(|(_, line)| line),
            })
        });
        let skipped = self
            .skipped
            .iter()
            .map(|(lint, why)| json!({ "lint": lint.name(), "reason": why }));
        json!({
            "types": self.types,
            "warnings": warnings.collect::<Vec<_>>(),
            "skipped": skipped.collect::<Vec<_>>(),
        })
    }

    pub(crate) fn to_text(&self, paint: Paint) -> String {
        let mut blocks = Vec::new();
        for warning in &self.warnings {
            let level = format!("{}[{}]", warning.level.name(), warning.lint);
            let level = match warning.level {
                Level::Deny => paint.bad(&level),
                _ => paint.doubtful(&level),
            };
            let event = label(&warning.event, warning.version.as_deref());
            blocks.push(format!("{level}: {event}: {}", warning.message));
            if let Some((file, line)) = &warning.source {
                blocks.push(paint.quiet(&format!("  --> {file}:{line}")));
            }
        }
        if !blocks.is_empty() {
            blocks.push(String::new());
        }
        for (lint, why) in &self.skipped {
            blocks.push(paint.quiet(&format!("{lint} did not look: {why}")));
        }
        let denied = self
            .warnings
            .iter()
            .filter(|w| w.level == Level::Deny)
            .count();
        let types = count(self.types, "event type");
        blocks.push(match self.warnings.len() {
            0 => format!("{}: {types}, nothing found", paint.good("clean")),
            n => format!(
                "{types}, {}, {denied} of them denied; `explain NAME` says more about a lint",
                count(n, "finding")
            ),
        });
        blocks.join("\n")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Paint::PLAIN))
    }
}
