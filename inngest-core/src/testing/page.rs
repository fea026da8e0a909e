//! Renders the received events as an HTML page.

use std::fmt::Write as _;

use serde_json::Value;

use super::event::ReceivedEvent;
use super::listing::rfc3339;
use super::received::Received;
use super::value;
use crate::registry::Registry;

/// How many events the page shows.
const MAX_SHOWN: usize = 200;

/// The depth up to which data is indented. Indentation makes deeper data too large for a page.
const MAX_INDENTED_DEPTH: usize = 50;

/// Renders the whole page.
pub(super) fn full_page(received: &Received) -> String {
    include_str!("page.html").replace("<!-- events -->\n", &events(received))
}

/// Renders the list of events, which the page refreshes.
pub(super) fn events(received: &Received) -> String {
    let (events, all) = received.newest(MAX_SHOWN);
    let counts = received.counts();
    let mut html = String::new();
    // Writing to a `String` cannot fail.
    let _ = match all {
        0 => writeln!(
            html,
            "<h1>No events</h1>\n<p>Send one and it appears here.</p>"
        ),
        1 => writeln!(html, "<h1>1 event</h1>"),
        _ => writeln!(html, "<h1>{all} events</h1>"),
    };
    if all > 0 {
        let shown = if all > MAX_SHOWN {
            format!("The newest {MAX_SHOWN}, newest first.")
        } else {
            "Newest first.".to_owned()
        };
        let _ = writeln!(
            html,
            "<p>{shown} Of all {} received events, plain functions would run {} and functions with \
             <code>batchEvents</code> {}.</p>",
            counts.events, counts.runs, counts.batched_runs
        );
    }
    let registry = Registry::collect();
    for (event, duplicate_of) in &events {
        article(&mut html, event, duplicate_of.as_ref(), &registry);
    }
    html
}

fn article(
    html: &mut String,
    event: &ReceivedEvent,
    duplicate_of: Option<&ReceivedEvent>,
    registry: &Registry,
) {
    let id = event.event_id.to_string();
    let (anchor, name) = (escaped(&id), escaped(&event.name));
    let version = event.v.as_deref().map(escaped).unwrap_or_default();
    let _ = write!(
        html,
        "<article id=\"{anchor}\">\n<h2>{name} <small>{version}</small>"
    );
    let (plain, batched) = (event.would_run.plain, event.would_run.batched);
    if let Some(first) = duplicate_of {
        let first_id = first.event_id.to_string();
        let _ = write!(
            html,
            " <mark>duplicate</mark> <small>of <a href=\"#{0}\">{0}</a> ({1}); {2}</small>",
            escaped(&first_id),
            escaped(&first.name),
            if batched {
                "plain functions ignore it"
            } else {
                "runs nothing"
            }
        );
    } else if !plain && !batched {
        html.push_str(" <mark>never stored</mark> <small>nested too deep</small>");
    }
    match (plain, batched) {
        (false, true) => html.push_str(" <mark>batched functions run it again</mark>"),
        (true, false) => html.push_str(" <mark>batched functions ignore it</mark>"),
        (true, true) | (false, false) => {}
    }
    let _ = writeln!(html, "</h2>\n<dl>");
    let mut row = |term: &str, text: &str| {
        let _ = writeln!(html, "<dt>{term}</dt><dd>{}</dd>", escaped(text));
    };
    row("event id", &id);
    if let Some(id) = &event.id {
        row("deduplication id", id);
    }
    row("occurred", &rfc3339(event.ts));
    row(
        "would run",
        match (plain, batched) {
            (true, true) => "plain and batched functions",
            (true, false) => "plain functions",
            (false, true) => "batched functions",
            (false, false) => "nothing",
        },
    );
    if let Some(user) = event.user_json() {
        row("user", &user);
    }
    for (key, value) in &event.sessions {
        row("session", &format!("{key}: {value}"));
    }
    let data = if value::is_deeper(&event.data, MAX_INDENTED_DEPTH) {
        event.data_json().into_owned()
    } else {
        pretty(&event.data)
    };
    let _ = writeln!(html, "</dl>\n<pre>{}</pre>", escaped(&data));
    if let Some(descriptor) = registry.type_of(&event.name, event.v.as_deref()) {
        let schema = descriptor.data_schema().to_value();
        let _ = writeln!(
            html,
            "<details id=\"schema-{anchor}\"><summary>schema of {}</summary><pre>{}</pre></details>",
            escaped(descriptor.rust_type()),
            escaped(&pretty(&schema))
        );
    }
    let _ = writeln!(html, "</article>");
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
