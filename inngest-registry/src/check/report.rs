//! The report of a check: its findings and their severities.

use serde_json::{Value, json};

use crate::catalogue::label;
use crate::compat::{Change, Comparison, Verdict};
use crate::mode::Mode;

/// The result of comparing event types with their exported files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The findings, in order of name and version.
    pub findings: Vec<Finding>,
    /// How many event types were checked.
    pub types: usize,
    /// How many event types have allowed changes since older versions that are not listed.
    pub unlisted_versions: usize,
}

/// One difference between a type and the files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The event name.
    pub event: String,
    /// The version of the type, or of the file if there is no type.
    pub version: Option<String>,
    /// The source file and line of the type.
    pub source: Option<(String, u32)>,
    /// What was found.
    pub kind: FindingKind,
    /// Whether it fails the check.
    pub severity: Severity,
    /// The compatibility mode of the event.
    pub mode: Mode,
    /// How to resolve the finding.
    pub advice: Option<String>,
}

/// The kind of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// The type has no exported file.
    NotExported {
        /// The newest exported version before it, if any.
        older: Option<String>,
    },
    /// The schema changed.
    Changed {
        /// What the type is compared with.
        since: Since,
        /// What changed; `None` if the change cannot be described.
        change: Option<Change>,
        /// Whether readers of the new schema can read events written with the old one.
        backward: Verdict,
        /// Whether readers of the old schema can read events written with the new one.
        forward: Verdict,
    },
    /// Only doc comments, defaults, titles or the order of fields changed.
    TextsChanged {
        /// The changes that can be described. Changed titles, which are names of Rust types, and
        /// reordered fields are not listed.
        changes: Vec<Change>,
    },
    /// The id template changed.
    IdTemplateChanged {
        /// The exported template.
        old: Option<String>,
        /// The template of the type.
        new: Option<String>,
        /// Whether readers of the new schema accept the old ids.
        backward: Verdict,
        /// Whether readers of the old schema accept the new ids.
        forward: Verdict,
    },
    /// The entry of the event in `index.json` does not match its file.
    LineDiffers {
        /// The members of the entry that differ, such as `hash`.
        members: Vec<String>,
    },
    /// The `$id` of the schema changed, for example with `base_url`.
    SchemaIdChanged {
        /// The exported `$id`.
        old: Option<String>,
        /// The `$id` that `export` would write.
        new: Option<String>,
    },
    /// The file has no type of its name and version, and `index.json` does not list it.
    NotListed {
        /// The file, relative to the folder, with `/` on every platform.
        path: String,
    },
    /// The program has no type of this name.
    NoType,
}

/// What a type is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// The exported file of its own version.
    Exported,
    /// An older exported version of the event.
    Older(Option<String>),
}

/// The effect of a finding on the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Informational: the check can still pass.
    Note,
    /// The check fails because the files are out of date.
    Different,
    /// It is unknown whether the change breaks anyone.
    Unknown,
    /// The check fails because the change breaks readers that the mode protects.
    Breaking,
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The files are up to date.
    Same,
    /// The files are out of date, or a change breaks readers that the mode protects.
    Different,
    /// The files are up to date, but it is unknown whether one version breaks another.
    Unknown,
}

impl FindingKind {
    /// The backward and forward verdicts, if the finding has them.
    pub(super) fn verdicts(&self) -> Option<(Verdict, Verdict)> {
        match self {
            Self::Changed {
                backward, forward, ..
            }
            | Self::IdTemplateChanged {
                backward, forward, ..
            } => Some((*backward, *forward)),
            Self::NotExported { .. }
            | Self::TextsChanged { .. }
            | Self::LineDiffers { .. }
            | Self::SchemaIdChanged { .. }
            | Self::NotListed { .. }
            | Self::NoType => None,
        }
    }

    /// Whether the schema of the event's id changed.
    pub(super) fn is_id_change(&self) -> bool {
        matches!(self, Self::Changed { change: Some(change), .. } if change.path == "id")
    }

    pub(super) fn severity(&self, mode: Mode) -> Severity {
        let Some((backward, forward)) = self.verdicts() else {
            return Severity::Note;
        };
        let considered = [(backward, mode.is_backward()), (forward, mode.is_forward())];
        considered
            .into_iter()
            .filter(|(_, considered)| *considered)
            .map(|(verdict, _)| match verdict {
                Verdict::Compatible => Severity::Note,
                Verdict::Unknown => Severity::Unknown,
                Verdict::Breaking => Severity::Breaking,
            })
            .max()
            .unwrap_or(Severity::Note)
    }
}

impl Report {
    /// The outcome of the check.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let fails = |finding: &Finding| match finding.severity {
            Severity::Note => false,
            Severity::Different | Severity::Breaking => true,
            // A difference from the file of the same version fails in any case.
            Severity::Unknown => !matches!(
                finding.kind,
                FindingKind::Changed {
                    since: Since::Older(_),
                    ..
                }
            ),
        };
        if self.findings.iter().any(fails) {
            Outcome::Different
        } else if self
            .findings
            .iter()
            .any(|f| f.severity == Severity::Unknown)
        {
            Outcome::Unknown
        } else {
            Outcome::Same
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
            "outcome": match self.outcome() {
                Outcome::Same => "same",
                Outcome::Different => "different",
                Outcome::Unknown => "unknown",
            },
            "types": self.types,
            "unlisted_versions": self.unlisted_versions,
            "findings": self.findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
        })
    }
}

impl Finding {
    /// The name and version as reports show them.
    #[must_use]
    pub fn label(&self) -> String {
        label(&self.event, self.version.as_deref())
    }
}

/// One finding for each change, and one for a verdict that no change accounts for.
pub(super) fn kinds(comparison: Comparison, since: &Since) -> Vec<FindingKind> {
    let Comparison {
        backward,
        forward,
        changes,
    } = comparison;
    // A verdict that is worse than every described change needs a finding of its own.
    let unexplained = |whole: Verdict, verdict_of: fn(&Change) -> Verdict| {
        if weight(worst(changes.iter().map(verdict_of))) >= weight(whole) {
            Verdict::Compatible
        } else {
            whole
        }
    };
    let unnamed = FindingKind::Changed {
        since: since.clone(),
        change: None,
        backward: unexplained(backward, |change| change.backward),
        forward: unexplained(forward, |change| change.forward),
    };
    let unnamed = match &unnamed {
        FindingKind::Changed {
            backward: Verdict::Compatible,
            forward: Verdict::Compatible,
            ..
        } if !changes.is_empty() || *since != Since::Exported => None,
        _ => Some(unnamed),
    };
    let named = changes.into_iter().map(|change| FindingKind::Changed {
        since: since.clone(),
        backward: change.backward,
        forward: change.forward,
        change: Some(change),
    });
    named.chain(unnamed).collect()
}

/// The worst verdict, or `Compatible` if there is none.
pub(super) fn worst(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts
        .max_by_key(|verdict| weight(*verdict))
        .unwrap_or(Verdict::Compatible)
}

fn weight(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Compatible => 0,
        Verdict::Unknown => 1,
        Verdict::Breaking => 2,
    }
}
