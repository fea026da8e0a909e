//! The report of a check, for people, machines and GitHub.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use crate::catalogue::{EventType, label};
use crate::compat::Verdict;
use crate::effect::{self, count};
use crate::github;
use crate::mode::Mode;
use crate::paint::Paint;

/// The result of comparing event types with their exported files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckReport {
    /// The findings, in order of name and version.
    pub findings: Vec<Finding>,
    /// How many event types were checked.
    pub types: usize,
    /// How many event types differ from older versions in allowed ways that the report does not list.
    pub unlisted_versions: usize,
}

/// One difference between a type and the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The event name.
    pub event: String,
    /// The version of the type, or of the file if there is no type.
    pub version: Option<String>,
    /// The source file of the type.
    pub file: Option<String>,
    /// The line of the type in the source file.
    pub line: Option<u32>,
    /// The kind of difference.
    pub kind: FindingKind,
    /// Whether the finding fails the check.
    pub severity: Severity,
    /// The compatibility mode of the event.
    pub mode: Mode,
    /// The older version that the type differs from, or that a new version follows.
    pub older_version: Option<String>,
    /// The changed place in the schema, such as `data.order.total`.
    pub path: Option<String>,
    /// The difference in one sentence, without the event.
    pub what: String,
    /// Whether readers of the new schema can read events written with the old one.
    pub backward: Option<Verdict>,
    /// Whether readers of the old schema can read events written with the new one.
    pub forward: Option<Verdict>,
    /// Whom the difference breaks, one sentence each.
    pub effects: Vec<String>,
    /// How to resolve the finding.
    pub to_do: Option<String>,
}

/// The kind of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingKind {
    /// The type has no exported file.
    NotExported,
    /// The schema differs from the exported one of its version.
    Changed,
    /// The schema differs from an older exported version.
    ChangedSinceOlderVersion,
    /// Only doc comments, defaults, titles or the order of fields changed.
    TextsChanged,
    /// The id template changed.
    IdTemplateChanged,
    /// The entry of the event in `index.json` does not match its file.
    IndexEntryDiffers,
    /// The `$id` of the schema changed, for example with `base_url`.
    SchemaIdChanged,
    /// `index.json` does not list the file, and the program has no type of its name and version.
    NotListed,
    /// The program has no type of this name.
    NoType,
    /// An enum of the program decodes the event, but not this version.
    NotDecoded,
}

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The check can still pass.
    Note,
    /// The check fails because the files are out of date.
    Different,
    /// It is unknown whether the change breaks anyone.
    Unknown,
    /// The check fails because the change breaks readers that the mode protects.
    Breaking,
}

impl From<Verdict> for Severity {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Compatible => Self::Note,
            Verdict::Unknown => Self::Unknown,
            Verdict::Breaking => Self::Breaking,
        }
    }
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// The files are up to date.
    Same,
    /// The files are out of date, or a change breaks readers that the mode protects.
    Different,
    /// The files are up to date, but it is unknown whether one version breaks another.
    Unknown,
}

impl Finding {
    /// A difference that `export` resolves.
    pub(super) fn new(event: &EventType, mode: Mode, kind: FindingKind, what: String) -> Self {
        let (file, line) = event.source.clone().unzip();
        Self {
            event: event.name.clone(),
            version: event.version.clone(),
            file,
            line,
            kind,
            severity: Severity::Different,
            mode,
            older_version: None,
            path: None,
            what,
            backward: None,
            forward: None,
            effects: Vec::new(),
            to_do: Some("run `export`".to_owned()),
        }
    }

    /// Sets the verdicts, and the severity and effects that follow from them.
    pub(super) fn judged(self, backward: Verdict, forward: Verdict) -> Self {
        Self {
            severity: self.mode.judge(backward, forward).into(),
            backward: Some(backward),
            forward: Some(forward),
            effects: effect::effects(backward, forward, self.mode),
            ..self
        }
    }

    /// The name and version as reports show them.
    fn label(&self) -> String {
        label(&self.event, self.version.as_deref())
    }

    pub(crate) fn to_text(&self, paint: Paint) -> String {
        let severity = match (self.severity, self.kind) {
            (Severity::Breaking, _) => paint.bad("breaking"),
            (Severity::Unknown, _) => paint.doubtful("unknown"),
            (Severity::Different, FindingKind::NotExported) => paint.doubtful("new"),
            (Severity::Different, FindingKind::NotListed) => paint.doubtful("not listed"),
            (Severity::Different, _) => paint.doubtful("changed"),
            (Severity::Note, _) => paint.quiet("note"),
        };
        let mut lines = vec![format!("{severity}: {}: {}", self.label(), self.what)];
        lines.extend(paint.source(self.file.as_deref(), self.line));
        lines.extend(self.details().map(|detail| format!("  {detail}")));
        lines.join("\n")
    }

    /// The finding as a [workflow command] of GitHub Actions.
    ///
    /// [workflow command]: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    #[must_use]
    pub fn to_github(&self) -> String {
        let command = match self.severity {
            Severity::Note => "notice",
            Severity::Unknown => "warning",
            Severity::Different | Severity::Breaking => "error",
        };
        let mut message = vec![self.what.clone()];
        message.extend(self.details());
        let at = self.file.as_deref().zip(self.line);
        github::annotation(command, at, &self.label(), &message.join("\n"))
    }

    /// The effects and what to do.
    fn details(&self) -> impl Iterator<Item = String> {
        let to_do = self.to_do.iter().map(|to_do| format!("to do: {to_do}"));
        self.effects.iter().cloned().chain(to_do)
    }
}

impl CheckReport {
    /// The outcome of the check.
    #[must_use]
    pub fn outcome(&self) -> CheckOutcome {
        let fails = |finding: &Finding| match finding.severity {
            Severity::Note => false,
            Severity::Different | Severity::Breaking => true,
            // A difference from the file of the same version fails in any case.
            Severity::Unknown => finding.kind != FindingKind::ChangedSinceOlderVersion,
        };
        if self.findings.iter().any(fails) {
            CheckOutcome::Different
        } else if self.count(Severity::Unknown) > 0 {
            CheckOutcome::Unknown
        } else {
            CheckOutcome::Same
        }
    }

    /// The findings that break readers that the mode protects.
    pub fn breaking(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.severity == Severity::Breaking)
    }

    /// The report as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "outcome": self.outcome(),
            "types": self.types,
            "unlisted_versions": self.unlisted_versions,
            "findings": self.findings,
        })
    }

    pub(crate) fn to_text(&self, paint: Paint) -> String {
        let mut blocks: Vec<String> = self.findings.iter().map(|f| f.to_text(paint)).collect();
        if !blocks.is_empty() {
            blocks.push(String::new());
        }
        if self.unlisted_versions > 0 {
            blocks.push(paint.quiet(&format!(
                "{} may differ from older versions, which is allowed; `check --verbose` lists the changes",
                count(self.unlisted_versions, "event type")
            )));
        }
        blocks.push(self.summary(paint));
        blocks.join("\n")
    }

    fn summary(&self, paint: Paint) -> String {
        let types = count(self.types, "event type");
        let (breaking, unknown) = (
            self.count(Severity::Breaking),
            self.count(Severity::Unknown),
        );
        match self.outcome() {
            CheckOutcome::Same => format!("{}: {types}", paint.good("up to date")),
            CheckOutcome::Unknown => format!(
                "{}: {types}, {} could not be judged",
                paint.doubtful("unknown"),
                count(unknown, "change")
            ),
            CheckOutcome::Different => {
                let all = self.count(Severity::Different) + breaking + unknown;
                let parts = [
                    Some(format!("{}: {types}", paint.bad("different"))),
                    Some(count(all, "difference")),
                    (breaking > 0).then(|| format!("{breaking} breaking")),
                    (unknown > 0).then(|| format!("{unknown} could not be judged")),
                ];
                let parts = parts.into_iter().flatten();
                parts.collect::<Vec<_>>().join(", ")
            }
        }
    }

    fn count(&self, severity: Severity) -> usize {
        let findings = self.findings.iter();
        findings
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Paint::PLAIN))
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Paint::PLAIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(kind: FindingKind, mode: Mode, what: &str) -> Finding {
        let event = EventType {
            source: Some(("src/events, 100%:new.rs".to_owned(), 12)),
            ..EventType::of_schema(
                "storefront/item.imported",
                Some("2026-11-21.1"),
                true.into(),
            )
        };
        Finding::new(&event, mode, kind, what.to_owned())
    }

    fn report() -> CheckReport {
        use FindingKind::{Changed, ChangedSinceOlderVersion, NotExported, TextsChanged};
        use Verdict::{Breaking, Compatible, Unknown};
        let required = "`quantity` was optional and is now required";
        let bump = |finding| Finding {
            to_do: Some("bump the version to `2026-11-21.2` and run `export`".to_owned()),
            ..finding
        };
        let older = Some("2026-11-20.1".to_owned());
        let findings = vec![
            Finding {
                path: Some("data.quantity".to_owned()),
                ..bump(finding(Changed, Mode::Full, required).judged(Breaking, Compatible))
            },
            Finding {
                severity: Severity::Different,
                ..finding(Changed, Mode::Forward, required).judged(Breaking, Compatible)
            },
            bump(finding(Changed, Mode::Full, "the schema differs").judged(Compatible, Unknown)),
            Finding {
                severity: Severity::Note,
                older_version: older.clone(),
                to_do: None,
                ..finding(
                    ChangedSinceOlderVersion,
                    Mode::Full,
                    &format!("since 2026-11-20.1: {required}"),
                )
                .judged(Breaking, Compatible)
            },
            Finding {
                older_version: older,
                ..finding(NotExported, Mode::Full, "is not exported yet")
            },
            finding(TextsChanged, Mode::Full, "the order of fields differs"),
        ];
        CheckReport {
            findings,
            types: 3,
            unlisted_versions: 1,
        }
    }

    #[test]
    fn text_report() {
        insta::assert_snapshot!(report());
    }

    #[test]
    fn text_report_with_colors() {
        let mut report = report();
        report.findings.truncate(1);
        insta::assert_snapshot!(
            report
                .to_text(Paint { color: true })
                .replace('\u{1b}', "ESC")
        );
    }

    #[test]
    fn json_report() {
        let mut report = report();
        report.findings.truncate(1);
        insta::assert_snapshot!(crate::json::to_text(&report.to_json()));
    }

    #[test]
    fn github_report() {
        let lines: Vec<_> = report().findings.iter().map(Finding::to_github).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn unknown_verdicts_fail_only_within_a_version() {
        let mut report = report();
        report.findings.retain(|f| f.severity == Severity::Unknown);
        assert_eq!(report.outcome(), CheckOutcome::Different);
        for finding in &mut report.findings {
            finding.kind = FindingKind::ChangedSinceOlderVersion;
        }
        assert_eq!(report.outcome(), CheckOutcome::Unknown);
        insta::assert_snapshot!(report);
        report.findings.clear();
        assert_eq!(report.outcome(), CheckOutcome::Same);
    }

    #[test]
    fn summary_counts_types() {
        let summary = |types| {
            let report = CheckReport {
                findings: Vec::new(),
                types,
                unlisted_versions: 0,
            };
            report.to_string()
        };
        assert_eq!(summary(1), "up to date: 1 event type");
        assert_eq!(summary(2), "up to date: 2 event types");
    }
}
