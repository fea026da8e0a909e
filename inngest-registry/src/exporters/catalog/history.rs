//! Describes what changed between two versions of an event, and which consumers break.

use std::fmt::Write as _;

use crate::catalogue::EventType;
use crate::compat::{self, Change, Strictness, Verdict};
use crate::effect;
use crate::exporters::html::{code, with_code};

/// The changes from one version to the next. `link` returns the address of a place.
pub(super) fn between(
    old: &EventType,
    new: &EventType,
    link: impl Fn(&str) -> Option<String>,
) -> String {
    let comparison = compat::compare(&old.schema, &new.schema, Strictness::Standard);
    let (before, after) = (name(old), name(new));
    let mut out = format!("<h4>Changes since {before}</h4>");
    out.push_str(&who_breaks(
        [comparison.backward, comparison.forward],
        &before,
        &after,
    ));
    let mut items = Vec::new();
    if old.id_template != new.id_template {
        let sentence =
            effect::of_id_template(old.id_template.as_deref(), new.id_template.as_deref());
        items.push(with_code(&sentence, None));
    }
    for change in &comparison.changes {
        items.push(item(change, &before, &after, &link));
    }
    if items.is_empty() {
        out.push_str("<p>Only the version.</p>");
        return out;
    }
    out.push_str("<ul class=\"changes\">");
    for item in items {
        let _ = write!(out, "<li>{item}</li>");
    }
    out + "</ul>"
}

/// The version as code, or words if there is none.
pub(super) fn name(event: &EventType) -> String {
    match &event.version {
        Some(version) => code(version),
        None => "the event without a version".to_owned(),
    }
}

fn who_breaks([backward, forward]: [Verdict; 2], before: &str, after: &str) -> String {
    if (backward, forward) == (Verdict::Compatible, Verdict::Compatible) {
        return format!(
            "<p class=\"good\">Breaks no one: consumers of {before} and of {after} can read the events \
             of both.</p>"
        );
    }
    let mut out = String::from("<ul class=\"breaks\">");
    for (verdict, reader, events) in [
        (forward, before, format!("new events, sent as {after}")),
        (backward, after, format!("stored events of {before}")),
    ] {
        let _ = match verdict {
            Verdict::Breaking => write!(
                out,
                "<li class=\"bad\">Breaks consumers that read {reader}: they reject {events}.</li>"
            ),
            Verdict::Unknown => write!(
                out,
                "<li class=\"unknown\">It is unknown whether consumers that read {reader} accept \
                 {events}.</li>"
            ),
            Verdict::Compatible => write!(
                out,
                "<li class=\"good\">Consumers that read {reader} accept {events}.</li>"
            ),
        };
    }
    out + "</ul>"
}

fn item(
    change: &Change,
    before: &str,
    after: &str,
    link: impl Fn(&str) -> Option<String>,
) -> String {
    let sentence = effect::sentence(change);
    // Only a sentence that begins with the field can link to it.
    let anchor = link(&change.path).filter(|_| sentence.starts_with('`'));
    let mut out = with_code(&sentence, anchor.as_deref());
    for (verdict, reader) in [(change.forward, before), (change.backward, after)] {
        let (class, word) = match verdict {
            Verdict::Compatible => continue,
            Verdict::Breaking => ("bad", "breaks"),
            Verdict::Unknown => ("unknown", "may break"),
        };
        let _ = write!(out, " <span class=\"tag {class}\">{word} {reader}</span>");
    }
    out
}
