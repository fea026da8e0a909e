//! The report of a push, for people and machines.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::own_check::OwnCheck;
use crate::catalogue::label;
use crate::compat::Verdict;
use crate::effect::{self, count};
use crate::mode::Mode;
use crate::paint::Paint;

/// The outcome of a push for the versions of all events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PushReport {
    /// The URL of the registry, without credentials.
    pub registry: String,
    /// Whether this was a dry run, which changes nothing.
    pub dry_run: bool,
    /// The events, in order of their names.
    pub subjects: Vec<PushedSubject>,
}

/// The subject of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PushedSubject {
    /// The subject.
    pub subject: String,
    /// The event name.
    pub event: String,
    /// The new compatibility level, if it differs from the one that the subject had.
    pub set_level: Option<Mode>,
    /// The versions of the event, oldest first.
    pub versions: Vec<PushedVersion>,
}

/// A version of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PushedVersion {
    /// The version.
    pub version: Option<String>,
    /// The outcome; in a dry run, the expected one.
    pub outcome: PushOutcome,
    /// The schema's id in the registry.
    pub id: Option<u64>,
    /// Who decided the outcome.
    pub decided_by: DecidedBy,
    /// The HTTP status of the registry's refusal or fault.
    pub status: Option<u16>,
    /// The reason for the outcome in a sentence, with the registry's message.
    pub message: Option<String>,
    /// Our own comparison with the earlier versions, if there are any and their level is known.
    pub own_check: Option<OwnCheck>,
    /// What to do.
    pub to_do: Option<String>,
}

/// The outcome for a version; in a dry run, the expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PushOutcome {
    /// It is the first version of its subject.
    New,
    /// The registry already has a schema with the same content.
    Same,
    /// It is compatible with the earlier versions.
    Compatible,
    /// The registry refuses it.
    Refused,
    /// The registry failed, so it is unknown whether it would accept the schema or has registered it.
    Unknown,
    /// The registry cannot be reached.
    Unreachable,
    /// The registry already has a newer version, and registering this one would make it the latest.
    Outdated,
    /// An earlier version or the connection failed first.
    NotTried,
}

/// Who decided an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// The registry.
    Registry,
    /// This crate, if the registry cannot compare, as in a dry run after a version that is not yet
    /// registered.
    OwnCheck,
}

impl PushOutcome {
    const ALL: [Self; 8] = [
        Self::New,
        Self::Compatible,
        Self::Same,
        Self::Refused,
        Self::Unknown,
        Self::Unreachable,
        Self::Outdated,
        Self::NotTried,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Same => "same",
            Self::Compatible => "compatible",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Unreachable => "unreachable",
            Self::Outdated => "outdated",
            Self::NotTried => "not tried",
        }
    }

    fn paint(self, paint: Paint) -> String {
        match self {
            Self::New | Self::Compatible => paint.good(self.name()),
            Self::Same => paint.quiet(self.name()),
            Self::Refused | Self::Unreachable => paint.bad(self.name()),
            Self::Unknown | Self::Outdated | Self::NotTried => paint.doubtful(self.name()),
        }
    }
}

impl PushReport {
    /// How many versions have this outcome.
    #[must_use]
    pub fn count(&self, outcome: PushOutcome) -> usize {
        let versions = self.subjects.iter().flat_map(|subject| &subject.versions);
        versions
            .filter(|version| version.outcome == outcome)
            .count()
    }

    /// The report as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!(self)
    }

    pub(crate) fn to_text(&self, paint: Paint) -> String {
        let mut lines = Vec::new();
        for subject in &self.subjects {
            let name = &subject.subject;
            if let Some(level) = subject.set_level {
                let done = if self.dry_run {
                    "would become"
                } else {
                    "is now"
                };
                lines.push(format!(
                    "{}: subject `{name}` {done} `{level}`",
                    paint.good("level")
                ));
            }
            for version in &subject.versions {
                let outcome = version.outcome.paint(paint);
                let event = label(&subject.event, version.version.as_deref());
                let renamed = if *name == subject.event {
                    String::new()
                } else {
                    format!(" as `{name}`")
                };
                let id = version
                    .id
                    .map(|id| format!(", id {id}"))
                    .unwrap_or_default();
                lines.push(format!("{outcome}: {event}{renamed}{id}"));
                lines.extend(version.details());
            }
        }
        let counts = PushOutcome::ALL.iter().filter_map(|outcome| {
            let n = self.count(*outcome);
            (n > 0).then(|| format!("{n} {}", outcome.name()))
        });
        let counts = counts.collect::<Vec<_>>().join(", ");
        let subjects = count(self.subjects.len(), "subject");
        let dry = if self.dry_run {
            "; nothing was changed, this is a dry run"
        } else {
            ""
        };
        lines.push(format!("{subjects} at {}: {counts}{dry}", self.registry));
        lines.join("\n")
    }
}

impl fmt::Display for PushReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Paint::PLAIN))
    }
}

impl PushedVersion {
    pub(super) fn new(version: Option<&str>, outcome: PushOutcome) -> Self {
        Self {
            version: version.map(str::to_owned),
            outcome,
            id: None,
            decided_by: DecidedBy::Registry,
            status: None,
            message: None,
            own_check: None,
            to_do: None,
        }
    }

    /// The indented lines below the outcome.
    fn details(&self) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(self.message.as_ref().map(|message| format!("  {message}")));
        if let Some(own) = &self.own_check {
            let is_news = self.outcome != PushOutcome::Compatible
                || own.verdict != Verdict::Compatible
                || self.decided_by == DecidedBy::OwnCheck;
            if is_news {
                lines.push(format!(
                    "  our own verdict (`{}`): {}",
                    own.level,
                    verdict_name(own.verdict)
                ));
                for change in own.causes() {
                    lines.push(format!("    {}", effect::sentence(change)));
                    let effects = effect::effects(change.backward, change.forward, own.level);
                    lines.extend(effects.into_iter().map(|effect| format!("      {effect}")));
                }
            }
        }
        lines.extend(self.to_do.as_ref().map(|to_do| format!("  to do: {to_do}")));
        lines
    }
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Compatible => "compatible",
        Verdict::Breaking => "not compatible",
        Verdict::Unknown => "unknown",
    }
}
