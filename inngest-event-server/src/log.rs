//! Describes each request in one line.

use std::fmt::Write as _;

use inngest_core::testing::{ReceivedEvent, ReceivedRequest};

/// How many different event names a line lists.
const MAX_NAMES: usize = 3;

/// Describes a request, for example `POST /e/ 200: 3 × shop/order.paid, shop/order.sent`.
pub(crate) fn line(request: &ReceivedRequest, events: &[ReceivedEvent]) -> String {
    let mut line = format!("{} {} ", request.method, escaped(&request.path));
    // Writing to a `String` cannot fail.
    let _ = match request.status {
        Some(status) => write!(line, "{status}"),
        None => write!(line, "(no response)"),
    };
    if let Some(error) = &request.error {
        let _ = write!(line, ": {}", escaped(error));
        if !events.is_empty() {
            line.push_str("; accepted before");
        }
    }
    if !events.is_empty() {
        let _ = write!(line, ": {}", names(events));
    }
    line
}

/// Lists the names of the events, with their counts.
fn names(events: &[ReceivedEvent]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for event in events {
        match counts.iter_mut().find(|(name, _)| *name == event.name) {
            Some((_, count)) => *count += 1,
            None => counts.push((&event.name, 1)),
        }
    }
    let listed = counts.iter().take(MAX_NAMES).map(|(name, count)| {
        let name = escaped(name);
        if *count == 1 {
            name
        } else {
            format!("{count} × {name}")
        }
    });
    let mut names = listed.collect::<Vec<_>>().join(", ");
    if counts.len() > MAX_NAMES {
        let _ = write!(names, " and {} more", counts.len() - MAX_NAMES);
    }
    names
}

/// Escapes control characters: names and paths come from outside and must not control the terminal.
fn escaped(text: &str) -> String {
    let escape = |c: char| {
        if c.is_control() {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    text.chars().map(escape).collect()
}
