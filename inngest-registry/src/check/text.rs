//! Formats the report of a check for people, machines and GitHub.

use std::fmt;

use serde_json::{Value, json};

use super::report::{Finding, FindingKind, Outcome, Report, Severity, Since};
use crate::catalogue::label;
use crate::compat::Verdict;
use crate::effect;
use crate::files::INDEX;
use crate::paint::Paint;

impl Finding {
    /// The finding in one sentence, without the event.
    #[must_use]
    pub fn what(&self) -> String {
        match &self.kind {
            FindingKind::NotExported { older: None } => "is not exported yet".to_owned(),
            FindingKind::NotExported { older: Some(older) } => {
                format!("is a new version after {older} and not exported yet")
            }
            FindingKind::Changed {
                since,
                change,
                backward,
                forward,
            } => {
                let since = match since {
                    Since::Exported => String::new(),
                    Since::Older(older) => format!(
                        "since {}: ",
                        older.as_deref().unwrap_or("the event without a version")
                    ),
                };
                let what = match (change, backward, forward) {
                    (Some(change), _, _) => effect::sentence(change),
                    (None, Verdict::Compatible, Verdict::Compatible) => {
                        "the schema is written differently but accepts the same values, for example \
                         because a type was renamed"
                            .to_owned()
                    }
                    _ => "the schema differs in a way that cannot be described".to_owned(),
                };
                format!("{since}{what}")
            }
            FindingKind::TextsChanged { changes } if changes.is_empty() => {
                "names of Rust types, defaults or the order of fields differ from the file"
                    .to_owned()
            }
            FindingKind::TextsChanged { changes } => {
                let changes: Vec<_> = changes.iter().map(effect::sentence).collect();
                changes.join("; ")
            }
            FindingKind::IdTemplateChanged { old, new, .. } => {
                effect::of_id_template(old.as_deref(), new.as_deref())
            }
            FindingKind::LineDiffers { members } => {
                let members: Vec<_> = members.iter().map(|m| format!("`{m}`")).collect();
                format!(
                    "{} in `{INDEX}` differs from the file",
                    members.join(" and ")
                )
            }
            FindingKind::SchemaIdChanged { old, new } => {
                effect::was_and_is("`$id`", old.as_deref(), new.as_deref())
            }
            FindingKind::NotListed { path } => {
                format!("its file `{path}` is not in `{INDEX}`, so no type is compared with it")
            }
            FindingKind::NoType => "is exported, but this program has no type for it".to_owned(),
        }
    }

    /// Whom the finding breaks, one sentence each.
    #[must_use]
    pub fn effects(&self) -> Vec<String> {
        let (backward, forward) = self
            .kind
            .verdicts()
            .unwrap_or((Verdict::Compatible, Verdict::Compatible));
        let mut effects = effect::effects(backward, forward, self.mode);
        if let FindingKind::IdTemplateChanged { old, new, .. } = &self.kind {
            let deduplication = match (old, new) {
                (_, None) => "an event that is sent twice runs its functions twice",
                (None, Some(_)) => {
                    "an event that is sent twice within 24 hours runs its functions only once"
                }
                (Some(_), Some(_)) => {
                    "for 24 hours, an event sent with the old id and again with the new id runs its \
                     functions twice"
                }
            };
            effects.push(deduplication.to_owned());
        }
        effects
    }

    /// What to do about the finding, if anything.
    #[must_use]
    pub fn to_do(&self) -> Option<String> {
        let fix = match &self.kind {
            FindingKind::Changed {
                change: Some(change),
                ..
            } if self.severity > Severity::Different => change.own_fix(),
            FindingKind::IdTemplateChanged { .. } if self.severity > Severity::Different => {
                Some("keep the id template".to_owned())
            }
            _ => None,
        };
        match (fix, &self.advice) {
            (Some(fix), Some(advice)) => Some(format!("{fix}, or {advice}")),
            (fix, None) => fix,
            (None, advice) => advice.clone(),
        }
    }

    pub(crate) fn to_text(&self, paint: Paint) -> String {
        let severity = match (self.severity, &self.kind) {
            (Severity::Breaking, _) => paint.bad("breaking"),
            (Severity::Unknown, _) => paint.doubtful("unknown"),
            (Severity::Different, FindingKind::NotExported { .. }) => paint.doubtful("new"),
            (Severity::Different, FindingKind::NotListed { .. }) => paint.doubtful("not listed"),
            (Severity::Different, _) => paint.doubtful("changed"),
            (Severity::Note, _) => paint.quiet("note"),
        };
        let mut lines = vec![format!("{severity}: {}: {}", self.label(), self.what())];
        if let Some((file, line)) = &self.source {
            lines.push(paint.quiet(&format!("  --> {file}:{line}")));
        }
        lines.extend(
            self.effects()
                .into_iter()
                .map(|effect| format!("  {effect}")),
        );
        lines.extend(self.to_do().map(|to_do| format!("  to do: {to_do}")));
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
        let mut properties = Vec::new();
        if let Some((file, line)) = &self.source {
            properties.push(format!("file={}", escaped_property(file)));
            properties.push(format!("line={line}"));
        }
        let title = label(&self.event, self.version.as_deref());
        properties.push(format!("title={}", escaped_property(&title)));
        let mut message = vec![self.what()];
        message.extend(self.effects());
        message.extend(self.to_do().map(|to_do| format!("to do: {to_do}")));
        format!(
            "::{command} {}::{}",
            properties.join(","),
            escaped(&message.join("\n"))
        )
    }

    pub(crate) fn to_json(&self) -> Value {
        let verdicts = self.kind.verdicts();
        let (older, path) = match &self.kind {
            FindingKind::Changed { since, change, .. } => (
                match since {
                    Since::Exported => None,
                    Since::Older(older) => older.clone(),
                },
                change.as_ref().map(|change| change.path.clone()),
            ),
            FindingKind::NotExported { older } => (older.clone(), None),
            _ => (None, None),
        };
        json!({
            "event": self.event,
            "version": self.version,
            "older_version": older,
            "kind": match &self.kind {
                FindingKind::NotExported { .. } => "not_exported",
                FindingKind::Changed { since: Since::Exported, .. } => "changed",
                FindingKind::Changed { since: Since::Older(_), .. } => "changed_since_older_version",
                FindingKind::TextsChanged { .. } => "texts_changed",
                FindingKind::IdTemplateChanged { .. } => "id_template_changed",
                FindingKind::LineDiffers { .. } => "line_differs",
                FindingKind::SchemaIdChanged { .. } => "schema_id_changed",
                FindingKind::NotListed { .. } => "not_listed",
                FindingKind::NoType => "no_type",
            },
            "severity": match self.severity {
                Severity::Note => "note",
                Severity::Different => "different",
                Severity::Unknown => "unknown",
                Severity::Breaking => "breaking",
            },
            "mode": self.mode.name(),
            "path": path,
            "what": self.what(),
            "backward": verdicts.map(|(backward, _)| verdict(backward)),
            "forward": verdicts.map(|(_, forward)| verdict(forward)),
            "effects": self.effects(),
            "to_do": self.to_do(),
            "file": self.source.as_ref().map(|(file, _)| file),
            "line": self.source.as_ref().map(|(_, line)| line),
        })
    }
}

/// The word for a verdict.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Compatible => "compatible",
        Verdict::Breaking => "breaking",
        Verdict::Unknown => "unknown",
    }
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn escaped_property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

impl Report {
    pub(crate) fn to_text(&self, paint: Paint) -> String {
        let mut blocks: Vec<String> = self.findings.iter().map(|f| f.to_text(paint)).collect();
        if !blocks.is_empty() {
            blocks.push(String::new());
        }
        if self.unlisted_versions > 0 {
            blocks.push(paint.quiet(&format!(
                "{} may differ from older versions, which is allowed; `check --verbose` lists the changes",
                effect::count(self.unlisted_versions, "event type")
            )));
        }
        blocks.push(self.summary(paint));
        blocks.join("\n")
    }

    fn summary(&self, paint: Paint) -> String {
        let of = |severity| {
            self.findings
                .iter()
                .filter(|f| f.severity == severity)
                .count()
        };
        let types = effect::count(self.types, "event type");
        let (breaking, unknown) = (of(Severity::Breaking), of(Severity::Unknown));
        match self.outcome() {
            Outcome::Same => {
                format!("{}: {types}", paint.good("up to date"))
            }
            Outcome::Unknown => format!(
                "{}: {types}, {} could not be judged",
                paint.doubtful("unknown"),
                effect::count(unknown, "change")
            ),
            Outcome::Different => {
                let mut parts = vec![format!(
                    "{}: {types}, {}",
                    paint.bad("different"),
                    effect::count(of(Severity::Different) + breaking + unknown, "difference")
                )];
                if breaking > 0 {
                    parts.push(format!("{breaking} breaking"));
                }
                if unknown > 0 {
                    parts.push(format!("{unknown} could not be judged"));
                }
                parts.join(", ")
            }
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Paint::PLAIN))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Paint::PLAIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::{Change, Subject};
    use crate::mode::Mode;

    fn change(path: &str, what: &str, backward: Verdict, forward: Verdict) -> FindingKind {
        let mut change = Change::for_tests(path, what, Subject::Place);
        (change.backward, change.forward) = (backward, forward);
        FindingKind::Changed {
            since: Since::Exported,
            change: Some(change),
            backward,
            forward,
        }
    }

    fn finding(kind: FindingKind, severity: Severity, mode: Mode, advice: &str) -> Finding {
        Finding {
            event: "storefront/item.imported".to_owned(),
            version: Some("2026-11-21.1".to_owned()),
            source: Some(("src/events, 100%:new.rs".to_owned(), 12)),
            kind,
            severity,
            mode,
            advice: (!advice.is_empty()).then(|| advice.to_owned()),
        }
    }

    fn report() -> Report {
        use Verdict::{Breaking, Compatible, Unknown};
        let bump = "bump the version to `2026-11-21.2` and run `export`";
        let required = || {
            change(
                "data.quantity",
                "was optional and is now required",
                Breaking,
                Compatible,
            )
        };
        let older = match required() {
            FindingKind::Changed {
                change,
                backward,
                forward,
                ..
            } => FindingKind::Changed {
                since: Since::Older(Some("2026-11-20.1".to_owned())),
                change,
                backward,
                forward,
            },
            other => other,
        };
        let findings = vec![
            finding(required(), Severity::Breaking, Mode::Full, bump),
            finding(
                required(),
                Severity::Different,
                Mode::Forward,
                "run `export`",
            ),
            finding(
                FindingKind::Changed {
                    since: Since::Exported,
                    change: None,
                    backward: Compatible,
                    forward: Unknown,
                },
                Severity::Unknown,
                Mode::Full,
                bump,
            ),
            finding(older, Severity::Note, Mode::Full, ""),
            finding(
                FindingKind::NotExported {
                    older: Some("2026-11-20.1".to_owned()),
                },
                Severity::Different,
                Mode::Full,
                "run `export`",
            ),
            finding(
                FindingKind::TextsChanged {
                    changes: Vec::new(),
                },
                Severity::Different,
                Mode::Full,
                "run `export`",
            ),
            finding(
                FindingKind::IdTemplateChanged {
                    old: None,
                    new: Some("item-imported-{item_id}".to_owned()),
                    backward: Breaking,
                    forward: Compatible,
                },
                Severity::Breaking,
                Mode::Full,
                bump,
            ),
        ];
        Report {
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
    fn text_report_with_colours() {
        let mut report = report();
        report.findings.truncate(1);
        insta::assert_snapshot!(
            report
                .to_text(Paint { colour: true })
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
        assert_eq!(report.outcome(), Outcome::Different);
        for finding in &mut report.findings {
            if let FindingKind::Changed { since, .. } = &mut finding.kind {
                *since = Since::Older(None);
            }
        }
        assert_eq!(report.outcome(), Outcome::Unknown);
        insta::assert_snapshot!(report);
        report.findings.clear();
        assert_eq!(report.outcome(), Outcome::Same);
    }

    #[test]
    fn summary_counts_types() {
        let summary = |types| {
            let report = Report {
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
