//! The report of the lints, for people and machines.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::names::{Level, Lint};
use crate::catalogue::label;
use crate::effect::count;
use crate::paint::Paint;

/// A finding of a lint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// The source file of the type.
    pub file: Option<String>,
    /// The line of the type in the source file.
    pub line: Option<u32>,
    /// The problem and what to do about it.
    pub message: String,
}

/// A lint that could not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SkippedLint {
    /// The lint.
    pub lint: Lint,
    /// Why it could not run.
    pub reason: &'static str,
}

/// The findings of all lints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LintReport {
    /// The findings, in order of event name, version and lint.
    pub warnings: Vec<Warning>,
    /// The lints that could not run.
    pub skipped: Vec<SkippedLint>,
    /// How many event types were checked.
    pub types: usize,
}

impl LintReport {
    /// Whether a lint of level `deny` found something.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.denied() > 0
    }

    fn denied(&self) -> usize {
        let warnings = self.warnings.iter();
        warnings
            .filter(|warning| warning.level == Level::Deny)
            .count()
    }

    /// The report as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!(self)
    }

    pub(crate) fn to_text(&self, paint: Paint) -> String {
        let mut lines = Vec::new();
        for warning in &self.warnings {
            let level = format!("{}[{}]", warning.level, warning.lint);
            let level = match warning.level {
                Level::Deny => paint.bad(&level),
                _ => paint.doubtful(&level),
            };
            let event = label(&warning.event, warning.version.as_deref());
            lines.push(format!("{level}: {event}: {}", warning.message));
            lines.extend(paint.source(warning.file.as_deref(), warning.line));
        }
        if !lines.is_empty() {
            lines.push(String::new());
        }
        for SkippedLint { lint, reason } in &self.skipped {
            lines.push(paint.quiet(&format!("{lint} did not run: {reason}")));
        }
        let types = count(self.types, "event type");
        lines.push(match self.warnings.len() {
            0 => format!("{}: {types}, nothing found", paint.good("clean")),
            n => format!(
                "{types}, {}, {} denied; `explain LINT` explains a lint",
                count(n, "finding"),
                self.denied()
            ),
        });
        lines.join("\n")
    }
}

impl fmt::Display for LintReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Paint::PLAIN))
    }
}
