//! The report of the drift, for people, machines, pull requests and GitHub.

use std::fmt;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use crate::catalogue::{EventType, label};
use crate::diff::{code, escape_cell};
use crate::effect::count;
use crate::github;
use crate::paint::Paint;
use crate::version;

/// How sent events differ from the declared types.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DriftReport {
    /// The findings, in order of name, version, and whether they break readers.
    pub findings: Vec<DriftFinding>,
    /// How many samples were compared.
    pub samples: usize,
    /// How many of the server's own events were left out.
    pub internal: usize,
    /// How many samples were compared without their ids, because their source does not provide ids.
    pub without_ids: usize,
    /// How many event types have samples.
    pub types: usize,
}

/// One difference between the samples of an event and its type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DriftFinding {
    /// The event name.
    pub event: String,
    /// The version of the samples.
    pub version: Option<String>,
    /// The source file of the type.
    pub file: Option<String>,
    /// The line of the type in the source file.
    pub line: Option<u32>,
    /// The kind of difference.
    pub kind: DriftKind,
    /// Whether it breaks readers that know the declared types.
    pub breaks: bool,
    /// The field, such as `data.order.total`.
    pub path: Option<String>,
    /// How many samples have the difference.
    pub count: usize,
    /// How many samples have this name and version.
    pub of: usize,
    /// The difference in one sentence, without the event. It has no values of the samples.
    pub what: String,
    /// A sample that has the difference.
    pub example: Option<DriftExample>,
}

/// Where a difference was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DriftExample {
    /// The sample, such as `line 17`.
    pub origin: String,
    /// The path in the sample, such as `data.lines[3].cents`.
    pub path: Option<String>,
    /// The value, if values are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// The kind of a difference between samples and types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DriftKind {
    /// No event has this name.
    UnknownName,
    /// The event was never declared in this version.
    UndeclaredVersion,
    /// The samples have no version, but the event is declared only with versions.
    NoVersion,
    /// The samples break the schema.
    Invalid,
    /// The samples have no id, but the event has an id template.
    NoId,
    /// The template does not print the id.
    WrongId,
    /// The samples have an id, but the event has no id template.
    UndeclaredId,
    /// The samples have a field that is not declared.
    UndeclaredField,
    /// No sample has the field.
    UnseenField,
    /// No sample has the name.
    UnseenEvent,
}

impl DriftKind {
    fn breaks(self) -> bool {
        match self {
            Self::UnknownName
            | Self::UndeclaredVersion
            | Self::NoVersion
            | Self::Invalid
            | Self::NoId
            | Self::WrongId => true,
            Self::UndeclaredId | Self::UndeclaredField | Self::UnseenField | Self::UnseenEvent => {
                false
            }
        }
    }
}

/// Sorts findings by event, by whether they break readers, and by their number of samples. Events without
/// samples come last.
pub(super) fn sort(findings: &mut [DriftFinding]) {
    findings.sort_by(|a, b| {
        let key = |finding: &DriftFinding| (!finding.breaks, finding.kind);
        let is_unseen = |finding: &DriftFinding| finding.kind == DriftKind::UnseenEvent;
        let groups = is_unseen(a).cmp(&is_unseen(b));
        groups
            .then_with(|| a.event.cmp(&b.event))
            .then_with(|| version::compare(a.version.as_deref(), b.version.as_deref()))
            .then_with(|| key(a).cmp(&key(b)))
            .then_with(|| b.count.cmp(&a.count))
            .then_with(|| a.path.cmp(&b.path))
    });
}

impl DriftFinding {
    pub(super) fn new(event: &EventType, kind: DriftKind) -> Self {
        let (file, line) = event.source.clone().unzip();
        Self {
            event: event.name.clone(),
            version: event.version.clone(),
            file,
            line,
            kind,
            breaks: kind.breaks(),
            path: None,
            count: 0,
            of: 0,
            what: String::new(),
            example: None,
        }
    }

    /// The name and version as reports show them.
    fn label(&self) -> String {
        printable(&label(&self.event, self.version.as_deref()))
    }

    pub(crate) fn to_text(&self, paint: Paint) -> String {
        let severity = if self.breaks {
            paint.bad("breaking")
        } else {
            paint.quiet("note")
        };
        let what = printable(&self.what);
        let mut lines = vec![format!("{severity}: {}: {what}", self.label())];
        lines.extend(paint.source(self.file.as_deref(), self.line));
        lines.extend(
            self.example()
                .map(|example| format!("  for example {example}")),
        );
        lines.join("\n")
    }

    /// The finding as a [workflow command] of GitHub Actions.
    ///
    /// [workflow command]: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    #[must_use]
    pub fn to_github(&self) -> String {
        let command = if self.breaks { "error" } else { "notice" };
        let mut message = printable(&self.what);
        if let Some(example) = self.example() {
            // Writing to a `String` does not fail.
            let _ = write!(message, "\nfor example {example}");
        }
        let at = self.file.as_deref().zip(self.line);
        github::annotation(command, at, &self.label(), &message)
    }

    /// "line 17, `data.lines[3].cents`: 12.5".
    fn example(&self) -> Option<String> {
        let example = self.example.as_ref().filter(|_| self.kind.has_example())?;
        let mut text = printable(&example.origin);
        // Writing to a `String` does not fail.
        if let Some(path) = example
            .path
            .as_ref()
            .filter(|path| Some(*path) != self.path.as_ref())
        {
            let _ = write!(text, ", `{}`", printable(path));
        }
        if let Some(value) = &example.value {
            let _ = write!(text, ": {value}");
        }
        Some(text)
    }
}

impl DriftKind {
    fn has_example(self) -> bool {
        !matches!(self, Self::UnseenField | Self::UnseenEvent)
    }
}

/// Escapes control characters, which the name of a sample may contain.
fn printable(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            escaped.extend(c.escape_default());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

impl DriftReport {
    /// Whether a finding breaks readers that know the declared types.
    #[must_use]
    pub fn breaks(&self) -> bool {
        self.breaking() > 0
    }

    fn breaking(&self) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.breaks)
            .count()
    }

    /// The report as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "breaks": self.breaks(),
            "samples": self.samples,
            "internal": self.internal,
            "without_ids": self.without_ids,
            "types": self.types,
            "findings": self.findings,
        })
    }

    /// Markdown for a pull request: a table of the findings.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = String::new();
        if !self.findings.is_empty() {
            out += "| event | version | | finding | example |\n|---|---|---|---|---|\n";
        }
        for finding in &self.findings {
            // Writing to a `String` does not fail.
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                code(&printable(&finding.event)),
                escape_cell(&printable(finding.version.as_deref().unwrap_or_default())),
                if finding.breaks {
                    "**breaking**"
                } else {
                    "note"
                },
                escape_cell(&printable(&finding.what)),
                escape_cell(&finding.example().unwrap_or_default()),
            );
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out + &self.summary(Paint::PLAIN)
    }

    /// One [annotation](DriftFinding::to_github) for each finding.
    #[must_use]
    pub fn to_github(&self) -> String {
        let annotations = self
            .findings
            .iter()
            .map(|finding| finding.to_github() + "\n");
        annotations.collect()
    }

    pub(crate) fn to_text(&self, paint: Paint) -> String {
        let mut blocks: Vec<_> = self.findings.iter().map(|f| f.to_text(paint)).collect();
        if !blocks.is_empty() {
            blocks.push(String::new());
        }
        blocks.push(self.summary(paint));
        blocks.join("\n")
    }

    fn summary(&self, paint: Paint) -> String {
        let types = count(self.types, "event type");
        let samples = count(self.samples, "sample");
        let left_out = match self.internal {
            0 => String::new(),
            n => format!(", {} left out", count(n, "server event")),
        };
        if self.samples == 0 {
            return format!(
                "{}: there are no samples{left_out}",
                paint.doubtful("unknown")
            );
        }
        let breaking = self.breaking();
        let notes = self.findings.len() - breaking;
        let ids = match self.without_ids {
            0 => "",
            _ => ", ids not compared",
        };
        let word = match breaking {
            0 => paint.good("no drift"),
            _ => paint.bad("drift"),
        };
        format!(
            "{word}: {samples} of {types}, {breaking} breaking, {}{left_out}{ids}",
            count(notes, "note")
        )
    }
}

impl fmt::Display for DriftFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Paint::PLAIN))
    }
}

impl fmt::Display for DriftReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Paint::PLAIN))
    }
}
