//! Compares two exported folders.

use std::fmt;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::catalogue::{Catalogue, EventType, label};
use crate::check::verdict;
use crate::compat::{self, Change, Comparison, Strictness, Verdict};
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
    pub entries: Vec<Entry>,
}

/// An event type that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The event name.
    pub event: String,
    /// The version.
    pub version: Option<String>,
    /// How it differs.
    pub kind: EntryKind,
    /// The old and new id templates, if they differ.
    pub id_template: Option<(Option<String>, Option<String>)>,
}

/// How an event type differs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryKind {
    /// It is only in the new set.
    Added {
        /// How it differs from the previous version, if any.
        since: Option<(Option<String>, Comparison)>,
    },
    /// It is only in the old set.
    Removed,
    /// It is in both sets, and the set of valid values changed.
    Changed(Comparison),
    /// It is in both sets, and only its docs, the order of fields or its id template differ.
    TextsChanged,
}

/// Compares two sets of event types.
#[must_use]
pub fn diff(old: &Catalogue, new: &Catalogue, strictness: Strictness) -> Diff {
    let mut entries = Vec::new();
    let mut push = |event: &EventType, kind| {
        let before = old.get(&event.name, event.version.as_deref());
        let now = new.get(&event.name, event.version.as_deref());
        let templates = before.zip(now).map(|(before, now)| {
            let templates = (before.id_template.clone(), now.id_template.clone());
            (templates.0 != templates.1).then_some(templates)
        });
        entries.push(Entry {
            event: event.name.clone(),
            version: event.version.clone(),
            kind,
            id_template: templates.flatten(),
        });
    };
    for event in new {
        let Some(before) = old.get(&event.name, event.version.as_deref()) else {
            let older = new.versions(&event.name).iter().rfind(|other| {
                version::compare(other.version.as_deref(), event.version.as_deref()).is_lt()
            });
            let since = older.map(|older| {
                let comparison = compat::compare(&older.schema, &event.schema, strictness);
                (older.version.clone(), comparison)
            });
            push(event, EntryKind::Added { since });
            continue;
        };
        if before.schema == event.schema && before.id_template == event.id_template {
            continue;
        }
        if json::content_hash(&before.schema) == json::content_hash(&event.schema) {
            push(event, EntryKind::TextsChanged);
        } else {
            let comparison = compat::compare(&before.schema, &event.schema, strictness);
            push(event, EntryKind::Changed(comparison));
        }
    }
    for event in old {
        if new.get(&event.name, event.version.as_deref()).is_none() {
            push(event, EntryKind::Removed);
        }
    }
    entries.sort_by(|a, b| {
        version::order(
            (&a.event, a.version.as_deref()),
            (&b.event, b.version.as_deref()),
        )
    });
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
            let (backward, forward) = match entry.comparison() {
                Some(comparison) => (mark(comparison.backward), mark(comparison.forward)),
                None => ("", ""),
            };
            // Writing to a `String` does not fail.
            let _ = writeln!(
                out,
                "| {} | {} | {} | {backward} | {forward} |",
                code(&entry.event),
                entry
                    .version
                    .as_deref()
                    .map(escape_cell)
                    .unwrap_or_default(),
                escape_cell(&entry.what()),
            );
        }
        for entry in &self.entries {
            let changes = entry.changes();
            let id_template = entry.id_template_changed();
            if changes.is_empty() && id_template.is_none() {
                continue;
            }
            let _ = writeln!(
                out,
                "\n### {}\n",
                label(&entry.event, entry.version.as_deref())
            );
            if let Some(changed) = id_template {
                let _ = writeln!(out, "- {changed}");
            }
            for change in changes {
                let _ = writeln!(out, "- {}", effect::sentence(change));
                for effect in effect::effects(change.backward, change.forward, Mode::Full) {
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
        let entries = self.entries.iter().map(|entry| {
            let comparison = entry.comparison();
            json!({
                "event": entry.event,
                "version": entry.version,
                "kind": match &entry.kind {
                    EntryKind::Added { .. } => "added",
                    EntryKind::Removed => "removed",
                    EntryKind::Changed(_) => "changed",
                    EntryKind::TextsChanged => "texts_changed",
                },
                "since": match &entry.kind {
                    EntryKind::Added { since: Some((older, _)) } => older.clone(),
                    _ => None,
                },
                "backward": comparison.map(|c| verdict(c.backward)),
                "forward": comparison.map(|c| verdict(c.forward)),
                "id_template": entry.id_template.as_ref().map(|(old, new)| json!({
                    "old": old,
                    "new": new,
                })),
                "changes": entry.changes().iter().map(change_to_json).collect::<Vec<_>>(),
            })
        });
        json!({ "events": entries.collect::<Vec<_>>() })
    }

    pub(crate) fn to_text(&self, paint: Paint) -> String {
        if self.is_empty() {
            return format!("{}: no event types differ", paint.good("same"));
        }
        let mut lines = Vec::new();
        for entry in &self.entries {
            let sign = match entry.kind {
                EntryKind::Added { .. } => paint.good("+"),
                EntryKind::Removed => paint.bad("-"),
                EntryKind::Changed(_) | EntryKind::TextsChanged => paint.doubtful("~"),
            };
            let event = label(&entry.event, entry.version.as_deref());
            lines.push(format!("{sign} {event}: {}", entry.what()));
            let id_template = entry.id_template_changed();
            lines.extend(id_template.map(|changed| format!("    {changed}")));
            for change in entry.changes() {
                lines.push(format!("    {}", effect::sentence(change)));
                let effects = effect::effects(change.backward, change.forward, Mode::Full);
                lines.extend(effects.into_iter().map(|effect| format!("      {effect}")));
            }
        }
        lines.push(String::new());
        lines.push(
            count(self.entries.len(), "event type")
                + if self.entries.len() == 1 {
                    " differs"
                } else {
                    " differ"
                },
        );
        lines.join("\n")
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(Paint::PLAIN))
    }
}

impl Entry {
    fn comparison(&self) -> Option<&Comparison> {
        match &self.kind {
            EntryKind::Changed(comparison)
            | EntryKind::Added {
                since: Some((_, comparison)),
            } => Some(comparison),
            _ => None,
        }
    }

    fn changes(&self) -> &[Change] {
        self.comparison().map_or(&[], |c| c.changes.as_slice())
    }

    fn id_template_changed(&self) -> Option<String> {
        let (old, new) = self.id_template.as_ref()?;
        Some(effect::of_id_template(old.as_deref(), new.as_deref()))
    }

    fn what(&self) -> String {
        let comparison = |comparison: &Comparison| match (comparison.backward, comparison.forward) {
            (Verdict::Compatible, Verdict::Compatible) => "compatible",
            (Verdict::Breaking, _) | (_, Verdict::Breaking) => "breaking",
            _ => "compatibility unknown",
        };
        match &self.kind {
            EntryKind::Added { since: None } => "added".to_owned(),
            EntryKind::Added {
                since: Some((older, changes)),
            } => format!(
                "added after {}, {}",
                older.as_deref().unwrap_or("the event without a version"),
                comparison(changes)
            ),
            EntryKind::Removed => "removed".to_owned(),
            EntryKind::Changed(changes) => format!("changed, {}", comparison(changes)),
            EntryKind::TextsChanged if self.id_template.is_some() => "id changed".to_owned(),
            EntryKind::TextsChanged => "docs or order of fields changed".to_owned(),
        }
    }
}

/// A change as JSON.
pub(crate) fn change_to_json(change: &Change) -> Value {
    json!({
        "path": change.path,
        "also_at": change.also_at,
        "what": change.what,
        "backward": verdict(change.backward),
        "forward": verdict(change.forward),
        "fix": change.fix,
    })
}

fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Compatible => "ok",
        Verdict::Breaking => "**breaking**",
        Verdict::Unknown => "unknown",
    }
}

/// Escapes text for a table cell.
fn escape_cell(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('\n', " ")
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}
