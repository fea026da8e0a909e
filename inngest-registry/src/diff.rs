//! Compares two exported folders.

use std::fmt;
use std::fmt::Write as _;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::catalogue::{Catalogue, EventType, label};
use crate::compat::{self, Change, Strictness, Verdict};
use crate::effect::{self, count};
use crate::json;
use crate::mode::Mode;
use crate::paint::Paint;
use crate::version;

/// The differences between two sets of event types.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diff {
    /// The event types that differ, in order of name and version.
    pub entries: Vec<DiffEntry>,
}

/// An event type that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DiffEntry {
    /// The event name.
    pub event: String,
    /// The version.
    pub version: Option<String>,
    /// How it differs.
    pub kind: DiffKind,
    /// The previous version, if a version was added.
    pub since: Option<String>,
    /// Whether readers of the new schema can read events written with the old one. `None` if no two
    /// schemas were compared.
    pub backward: Option<Verdict>,
    /// Whether readers of the old schema can read events written with the new one. `None` if no two
    /// schemas were compared.
    pub forward: Option<Verdict>,
    /// The old and new id templates, if they differ.
    pub id_template: Option<IdTemplates>,
    /// The changes of the schema.
    pub changes: Vec<Change>,
}

/// How an event type differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DiffKind {
    /// It is only in the new set.
    Added,
    /// It is only in the old set.
    Removed,
    /// It is in both sets, and the set of valid values changed.
    Changed,
    /// It is in both sets, and only its docs, the order of fields or its id template differ.
    TextsChanged,
}

/// Two different id templates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IdTemplates {
    /// The old template.
    pub old: Option<String>,
    /// The new template.
    pub new: Option<String>,
}

/// Compares two sets of event types.
#[must_use]
pub fn diff(old: &Catalogue, new: &Catalogue, strictness: Strictness) -> Diff {
    let mut entries = Vec::new();
    for event in new {
        let Some(before) = old.get(&event.name, event.version.as_deref()) else {
            let mut entry = DiffEntry::new(event, DiffKind::Added);
            if let Some(previous) = new.older(event).last() {
                entry.since.clone_from(&previous.version);
                entry.compare(previous, event, strictness);
            }
            entries.push(entry);
            continue;
        };
        if before.schema == event.schema && before.id_template == event.id_template {
            continue;
        }
        let mut entry = DiffEntry::new(event, DiffKind::TextsChanged);
        entry.id_template = (before.id_template != event.id_template).then(|| IdTemplates {
            old: before.id_template.clone(),
            new: event.id_template.clone(),
        });
        if json::content_hash(&before.schema) != json::content_hash(&event.schema) {
            entry.kind = DiffKind::Changed;
            entry.compare(before, event, strictness);
        }
        entries.push(entry);
    }
    for event in old {
        if new.get(&event.name, event.version.as_deref()).is_none() {
            entries.push(DiffEntry::new(event, DiffKind::Removed));
        }
    }
    version::sort(&mut entries, |e| (&e.event, e.version.as_deref()));
    Diff { entries }
}

impl Diff {
    /// Whether the two sets are the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Markdown for a pull request: a table of the event types that differ, and a list of changes.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        if self.is_empty() {
            return "No event types differ.".to_owned();
        }
        let mut out = String::from(
            "| event | version | change | old events | old readers |\n|---|---|---|---|---|\n",
        );
        for entry in &self.entries {
            // Writing to a `String` does not fail.
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                code(&entry.event),
                escape_cell(entry.version.as_deref().unwrap_or_default()),
                escape_cell(&entry.what()),
                mark(entry.backward),
                mark(entry.forward),
            );
        }
        for entry in &self.entries {
            let details = entry.details();
            if details.is_empty() {
                continue;
            }
            let _ = writeln!(out, "\n### {}\n", entry.label());
            for (sentence, effects) in details {
                let _ = writeln!(out, "- {sentence}");
                for effect in effects {
                    let _ = writeln!(out, "  - {effect}");
                }
            }
        }
        out.push_str(
            "\n\"Old events\" are events already stored, read with the new schema. \"Old readers\" are \
             consumers that still read the old schema and get new events.",
        );
        out
    }

    /// The differences as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "events": self.entries })
    }

    pub(crate) fn to_text(&self, paint: Paint) -> String {
        if self.is_empty() {
            return format!("{}: no event types differ", paint.good("same"));
        }
        let mut lines = Vec::new();
        for entry in &self.entries {
            let sign = match entry.kind {
                DiffKind::Added => paint.good("+"),
                DiffKind::Removed => paint.bad("-"),
                DiffKind::Changed | DiffKind::TextsChanged => paint.doubtful("~"),
            };
            lines.push(format!("{sign} {}: {}", entry.label(), entry.what()));
            for (sentence, effects) in entry.details() {
                lines.push(format!("    {sentence}"));
                lines.extend(effects.iter().map(|effect| format!("      {effect}")));
            }
        }
        let differ = if self.entries.len() == 1 {
            "differs"
        } else {
            "differ"
        };
        lines.push(format!(
            "\n{} {differ}",
            count(self.entries.len(), "event type")
        ));
        lines.join("\n")
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Paint::PLAIN))
    }
}

impl DiffEntry {
    fn new(event: &EventType, kind: DiffKind) -> Self {
        Self {
            event: event.name.clone(),
            version: event.version.clone(),
            kind,
            since: None,
            backward: None,
            forward: None,
            id_template: None,
            changes: Vec::new(),
        }
    }

    fn compare(&mut self, old: &EventType, new: &EventType, strictness: Strictness) {
        let comparison = compat::compare(&old.schema, &new.schema, strictness);
        self.backward = Some(comparison.backward);
        self.forward = Some(comparison.forward);
        self.changes = comparison.changes;
    }

    fn label(&self) -> String {
        label(&self.event, self.version.as_deref())
    }

    fn what(&self) -> String {
        let verdict = self.backward.zip(self.forward);
        let verdict =
            verdict.map(
                |(backward, forward)| match Mode::Full.judge(backward, forward) {
                    Verdict::Compatible => "compatible",
                    Verdict::Breaking => "breaking",
                    Verdict::Unknown => "compatibility unknown",
                },
            );
        match (self.kind, verdict) {
            (DiffKind::Added, None) => "added".to_owned(),
            (DiffKind::Added, Some(verdict)) => {
                let since = self
                    .since
                    .as_deref()
                    .unwrap_or("the event without a version");
                format!("added after {since}, {verdict}")
            }
            (DiffKind::Removed, _) => "removed".to_owned(),
            (DiffKind::Changed, verdict) => format!("changed, {}", verdict.unwrap_or_default()),
            (DiffKind::TextsChanged, _) if self.id_template.is_some() => "id changed".to_owned(),
            (DiffKind::TextsChanged, _) => "docs or order of fields changed".to_owned(),
        }
    }

    /// A sentence for each change, and whom the change breaks.
    fn details(&self) -> Vec<(String, Vec<String>)> {
        let id_template = self.id_template.iter().map(|IdTemplates { old, new }| {
            let sentence = effect::of_id_template(old.as_deref(), new.as_deref());
            (sentence, Vec::new())
        });
        let changes = self.changes.iter().map(|change| {
            let effects = effect::effects(change.backward, change.forward, Mode::Full);
            (effect::sentence(change), effects)
        });
        id_template.chain(changes).collect()
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let change = json!({
            "path": self.path,
            "also_at": self.also_at,
            "what": self.what,
            "backward": self.backward,
            "forward": self.forward,
            "fix": self.fix,
        });
        change.serialize(serializer)
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Compatible => "compatible",
            Self::Breaking => "breaking",
            Self::Unknown => "unknown",
        })
    }
}

fn mark(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        None => "",
        Some(Verdict::Compatible) => "ok",
        Some(Verdict::Breaking) => "**breaking**",
        Some(Verdict::Unknown) => "unknown",
    }
}

/// Escapes text for a table cell.
pub(crate) fn escape_cell(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('\n', " ")
}

/// Text as code in a table cell.
pub(crate) fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}
