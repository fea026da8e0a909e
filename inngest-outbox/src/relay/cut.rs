//! Cuts pending events into requests.

use std::borrow::Cow;

use inngest_core::{Batch, BatchBytesError, Client, SendError};

use crate::error::OutboxError;
use crate::rows::{RequestRow, Text, storable};
use crate::store::model::{CutEvents, NewRequest, PendingEvent, SetAside};

/// Cuts events into requests, in order. All events of a request have the same traceparent, because the
/// traceparent is a header of the request.
pub(crate) fn cut(client: &Client, events: &[PendingEvent]) -> Result<CutEvents, OutboxError> {
    let mut all = CutEvents::default();
    for group in events.chunk_by(|one, next| one.traceparent == next.traceparent) {
        cut_group(client, group, &mut all)?;
    }
    Ok(all)
}

/// Cuts each event into a request of its own. If this fails, sets `failing` to the name of the event.
pub(crate) fn cut_each(
    client: &Client,
    events: &[PendingEvent],
    failing: &mut String,
) -> Result<CutEvents, OutboxError> {
    let mut all = CutEvents::default();
    for event in events {
        cut_group(client, std::slice::from_ref(event), &mut all)
            .inspect_err(|_| *failing = set_aside(event).name)?;
    }
    Ok(all)
}

fn cut_group(
    client: &Client,
    group: &[PendingEvent],
    all: &mut CutEvents,
) -> Result<(), OutboxError> {
    let mut batch = Batch::new();
    let mut added = Vec::with_capacity(group.len());
    for event in group {
        let pushed = match &event.body {
            Text::Valid(body) => {
                let pushed = batch.push_json(body.trim_ascii());
                pushed.map_err(|error| match error {
                    BatchBytesError::NotAnEvent { problem } => problem,
                    error => error.to_string(),
                })
            }
            Text::Invalid(_) => Err("its body is not UTF-8".to_owned()),
        };
        match pushed {
            Ok(()) => added.push(event),
            Err(error) => all.failed.push(SetAside {
                error: storable(&format!("the row is not an event: {error}")),
                ..set_aside(event)
            }),
        }
    }
    let cut = match client.cut(batch) {
        Ok(cut) => cut,
        Err(error) => {
            // Unreachable: an empty batch is always cut.
            let unknown = || SendError::Internal("an empty batch was not cut");
            return Err(error.first_error().cloned().unwrap_or_else(unknown).into());
        }
    };
    for (index, rejection) in cut.rejected {
        let Some(event) = added.get(index) else {
            continue;
        };
        all.failed.push(SetAside {
            name: storable(&rejection.event_name),
            error: storable(&rejection.to_string()),
            ..set_aside(event)
        });
    }
    let traceparent = group.first().and_then(|event| event.traceparent.as_deref());
    let added_at = group
        .iter()
        .map(|event| event.added_at)
        .min()
        .unwrap_or_default();
    for request in cut.batch.requests() {
        let request = request.with_traceparent(traceparent.map(Cow::Borrowed));
        all.requests.push(NewRequest {
            row: RequestRow::of(&request),
            added_at,
        });
    }
    Ok(())
}

/// A row that cannot be sent. The name and the id come from its JSON, or else from its columns.
fn set_aside(event: &PendingEvent) -> SetAside {
    let json: serde_json::Value = serde_json::from_slice(event.body.as_bytes()).unwrap_or_default();
    let text = |key: &str| {
        let text = json.get(key).and_then(|value| value.as_str());
        text.filter(|text| !text.is_empty())
    };
    SetAside {
        added_at: event.added_at,
        name: storable(text("name").unwrap_or(&event.name)),
        dedup_id: text("id").or(event.dedup_id.as_deref()).map(storable),
        event_id: None,
        seed: None,
        traceparent: event.traceparent.clone(),
        body: event.body.clone(),
        error: String::new(),
    }
}
