//! What a check finds.

use serde_json::{Value, json};

use crate::catalogue::label;
use crate::compat::{Change, Comparison, Verdict};
use crate::mode::Mode;

/// How event types compare with their files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What was found, in order of name and version.
    pub findings: Vec<Finding>,
    /// How many event types were looked at.
    pub types: usize,
    /// How many of them have older versions whose changes are allowed and were not listed.
    pub unlisted_versions: usize,
}

/// One difference between a type and the files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The event name.
    pub event: String,
    /// The version of the type, or of the file where there is no type.
    pub version: Option<String>,
    /// The source file and line of the type.
    pub source: Option<(String, u32)>,
    /// What it is.
    pub kind: FindingKind,
    /// Whether it fails the check.
    pub severity: Severity,
    /// What the event has to keep working.
    pub mode: Mode,
    /// What to do about it.
    pub advice: Option<String>,
}

/// What a finding is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// The type has no file; `older` is the newest exported version before it.
    NotExported {
        /// The version, where there is one.
        older: Option<String>,
    },
    /// The schema changed.
    Changed {
        /// What the type is compared with.
        since: Since,
        /// What changed; `None` where the library cannot name it.
        change: Option<Change>,
        /// Whether readers of the new schema read what was written with the old.
        backward: Verdict,
        /// Whether readers of the old schema read what is written with the new.
        forward: Verdict,
    },
    /// Doc comments, defaults, titles or the order of fields changed, and the values not.
    TextsChanged {
        /// What of it can be named; titles, which are names of Rust types, and the order of fields
        /// cannot.
        changes: Vec<Change>,
    },
    /// The template of the id changed.
    IdTemplateChanged {
        /// The exported one.
        old: Option<String>,
        /// The type's.
        new: Option<String>,
        /// Whether readers of the new schema take the old ids.
        backward: Verdict,
        /// Whether readers of the old schema take the new ids.
        forward: Verdict,
    },
    /// The line of the event in `index.json` does not say what the file says.
    LineDiffers {
        /// The members of the line that differ, such as `hash`.
        members: Vec<String>,
    },
    /// The `$id` of the schema changed, as after another `base_url`.
    SchemaIdChanged {
        /// The exported one.
        old: Option<String>,
        /// The one that `export` would write.
        new: Option<String>,
    },
    /// The program has no type of this name and version, and `index.json` does not list its file.
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

/// What a finding does to the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing; it is worth knowing.
    Note,
    /// It fails: the files are not up to date.
    Different,
    /// Whether it breaks anyone could not be told.
    Unknown,
    /// It fails: it breaks what the mode protects.
    Breaking,
}

/// The answer of a check in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The files are up to date.
    Same,
    /// They do not.
    Different,
    /// The files are up to date, and whether one version breaks another could not be told.
    Unknown,
}

impl FindingKind {
    /// The verdicts backward and forward, where there was something to judge.
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

    /// Whether it is a change to the schema of the event's id.
    pub(super) fn is_of_id(&self) -> bool {
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
    /// The answer in one word.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let fails = |finding: &Finding| match finding.severity {
            Severity::Note => false,
            Severity::Different | Severity::Breaking => true,
            // Against the type's own file the schemas differ, whether that breaks or not.
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

    /// The findings that break what their mode protects.
    pub fn breaking(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.severity == Severity::Breaking)
    }

    /// The report for machines.
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
    /// Name and version as reports show them.
    #[must_use]
    pub fn label(&self) -> String {
        label(&self.event, self.version.as_deref())
    }
}

/// A finding for each change, or one where changes cannot be named.
pub(super) fn kinds(comparison: Comparison, since: &Since) -> Vec<FindingKind> {
    let Comparison {
        backward,
        forward,
        changes,
    } = comparison;
    // What no change accounts for must not get lost.
    let rest = |whole: Verdict, named: fn(&Change) -> Verdict| {
        if weight(worst(changes.iter().map(named))) >= weight(whole) {
            Verdict::Compatible
        } else {
            whole
        }
    };
    let unnamed = FindingKind::Changed {
        since: since.clone(),
        change: None,
        backward: rest(backward, |change| change.backward),
        forward: rest(forward, |change| change.forward),
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

/// The worst of some verdicts; without any, nothing breaks.
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
