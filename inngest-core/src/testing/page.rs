//! Serves the page for browsers, and the data that its script asks for.
//!
//! The script keeps a row for each entry: an accepted event or a failed request. It asks for the entries
//! after the last one that it has.

use http::Uri;
use serde_json::{Value, json};

use super::event::ReceivedEvent;
use super::listing::{decoded_path, parameter};
use super::received::Received;
use super::schemas::{Schemas, Violation};
use super::state::{Failure, KeptEvent};

/// The prefix of the paths for data. The real server has no such paths.
pub(super) const PREFIX: &str = "/_page/";

/// The maximum number of entries in a response.
const MAX_ENTRIES: usize = 1_000;

/// The maximum length of an event's data or a violation's message in a row, in characters.
const MAX_CHARS: usize = 200;

/// How many schema violations are listed for an event.
const MAX_VIOLATIONS: usize = 20;

/// The page as one HTML document.
pub(super) fn html() -> String {
    include_str!("page/page.html")
        .replace("/* page.css */", include_str!("page/page.css"))
        .replace("/* text.js */", include_str!("page/text.js"))
        .replace("/* list.js */", include_str!("page/list.js"))
        .replace("/* entry.js */", include_str!("page/entry.js"))
        .replace("/* page.js */", include_str!("page/page.js"))
}

/// Answers a request for data with JSON; `None` if there is no such path or entry.
pub(super) fn data(received: &Received, uri: &Uri) -> Option<String> {
    let query = uri.query().unwrap_or_default();
    let after = || parameter(query, "after")?.parse().ok();
    match uri.path().strip_prefix(PREFIX)? {
        "entries" => Some(entries(received, after()?)),
        "find" => Some(find(received, after()?, &parameter(query, "text")?)),
        // As text, because the event may be nested too deep to print a `Value`.
        "event" => Some(event(received, query)?.json_text()),
        "schema" => Some(json!(received.schemas().find(&event(received, query)?)).to_string()),
        _ => None,
    }
}

/// The entries after `after`, oldest first.
fn entries(received: &Received, after: usize) -> String {
    let schemas = received.schemas();
    let (events, failures, started, oldest, counts) = received.read(|state| {
        let events = state.events_after(after).take(MAX_ENTRIES);
        let failures = state.failures_after(after).take(MAX_ENTRIES);
        let failures = failures.map(|failure| (failure.entry, failure_row(failure)));
        let oldest = state.events_after(0).next().map(|kept| kept.entry);
        let events: Vec<_> = events.cloned().collect();
        let failures: Vec<_> = failures.collect();
        (events, failures, state.started, oldest, state.counts())
    });
    // A schema comes from a function of the test, which may call the server's methods.
    let events = events
        .iter()
        .map(|kept| (kept.entry, event_row(kept, schemas)));
    let mut rows: Vec<(usize, Value)> = events.chain(failures).collect();
    rows.sort_by_key(|(entry, _)| *entry);
    rows.truncate(MAX_ENTRIES);
    let body = json!({
        "started": started,
        "oldestEvent": oldest,
        "more": rows.len() == MAX_ENTRIES,
        "counts": [counts.events, counts.runs, counts.batched_runs],
        "entries": rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>(),
    });
    body.to_string()
}

fn event_row(kept: &KeptEvent, schemas: &Schemas) -> Value {
    let event = &kept.event;
    let violations = event.is_whole().then(|| schemas.violations(event));
    let violations = violations.flatten().map(|all| {
        let first = all.iter().take(MAX_VIOLATIONS);
        first.map(violation).collect::<Vec<_>>()
    });
    json!({
        "entry": kept.entry,
        "name": event.name,
        "v": event.v,
        "id": event.id,
        "eventId": event.event_id.to_string(),
        "at": event.received_at,
        "ts": event.ts,
        "plain": event.would_run.plain,
        "batched": event.would_run.batched,
        "stored": event.stored,
        "duplicateOf": kept.duplicate_of.as_ref().map(|first| first.event_id.to_string()),
        "preview": shortened(&event.data_json()),
        "violations": violations,
    })
}

fn violation(Violation { path, message }: &Violation) -> Value {
    json!([path, shortened(message)])
}

fn failure_row(failure: &Failure) -> Value {
    let request = &failure.request;
    json!({
        "entry": failure.entry,
        "at": failure.received_at,
        "error": request.error,
        "status": request.status,
        "request": format!("{} {}", request.method, decoded_path(&request.path)),
        "accepted": request.events,
        "bytes": request.bytes,
        "text": failure.text,
    })
}

/// The entries after `after` whose JSON or error contains the text, ignoring case.
fn find(received: &Received, after: usize, text: &str) -> String {
    let text = text.to_lowercase();
    let contains = |other: &str| other.to_lowercase().contains(&text);
    let found: Vec<usize> = received.read(|state| {
        let events = state.events_after(after);
        let events = events.filter(|kept| contains(&kept.event.json_text()));
        let failures = state.failures_after(after).filter(|failure| {
            contains(&failure.text) || failure.request.error.as_deref().is_some_and(contains)
        });
        let events = events.map(|kept| kept.entry);
        events
            .chain(failures.map(|failure| failure.entry))
            .collect()
    });
    json!(found).to_string()
}

/// The event of the entry in the query.
fn event(received: &Received, query: &str) -> Option<ReceivedEvent> {
    let entry: usize = parameter(query, "entry")?.parse().ok()?;
    received.read(|state| {
        let kept = state.events_after(entry.checked_sub(1)?).next()?;
        (kept.entry == entry).then(|| kept.event.clone())
    })
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
