//! Formats the findings of lints for people and machines.

use std::fmt;

use serde_json::{Value, json};

use super::names::{Level, Lint};
use crate::catalogue::label;
use crate::effect::count;
use crate::paint::Paint;

/// A finding of a lint.
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
    /// The problem and what to do about it.
    pub message: String,
}

/// The findings of all lints.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The findings, in order of event name, version and lint.
    pub warnings: Vec<Warning>,
    /// Lints that could not run, and why.
    pub skipped: Vec<(Lint, &'static str)>,
    /// How many event types were checked.
    pub types: usize,
}

impl Report {
    /// Whether a lint of level `deny` found something.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.warnings.iter().any(|w| w.level == Level::Deny)
    }

    /// The report as JSON.
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
            blocks.push(paint.quiet(&format!("{lint} did not run: {why}")));
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
                "{types}, {}, {denied} denied; `explain LINT` explains a lint",
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
