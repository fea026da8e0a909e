//! Encodes events and requests as rows of the outbox.

use std::borrow::Cow;

use inngest_core::{Batch, BatchBytesError, IntoEvents, StoredRequest};

use crate::error::OutboxError;

/// What one call adds to the outbox.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Rows {
    /// Events that are not yet in a request.
    pub(crate) events: Vec<EventRow>,
    /// Requests of a batch that a client could not deliver. They keep their event ids.
    pub(crate) requests: Vec<RequestRow>,
}

/// An event that is not yet in a request.
#[derive(Debug)]
pub(crate) struct EventRow {
    pub(crate) name: String,
    pub(crate) dedup_id: Option<String>,
    pub(crate) traceparent: Option<String>,
    pub(crate) body: String,
}

/// A request: its body is an array with one event on each line.
#[derive(Clone, Debug)]
pub(crate) struct RequestRow {
    pub(crate) seed: String,
    pub(crate) events: i32,
    pub(crate) traceparent: Option<String>,
    pub(crate) body: String,
    /// Whether the server may have the events.
    pub(crate) is_uncertain: bool,
    /// The body in the database, if it is not UTF-8. Then `body` contains replacement characters.
    pub(crate) invalid_body: Option<Vec<u8>>,
}

/// Text in the database. Another program may have written bytes that are not UTF-8.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    Valid(String),
    /// The bytes, which a person may still be able to read.
    Invalid(Vec<u8>),
}

impl Text {
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Self::Invalid(error.into_bytes()), Self::Valid)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Valid(text) => text.as_bytes(),
            Self::Invalid(bytes) => bytes,
        }
    }

    /// The bytes, if they are not UTF-8.
    pub(crate) fn invalid(&self) -> Option<Vec<u8>> {
        match self {
            Self::Valid(_) => None,
            Self::Invalid(bytes) => Some(bytes.clone()),
        }
    }

    /// The text, or `None` if it is not UTF-8.
    pub(crate) fn valid(self) -> Option<String> {
        match self {
            Self::Valid(text) => Some(text),
            Self::Invalid(_) => None,
        }
    }

    /// The text, with replacement characters for bytes that are not UTF-8.
    pub(crate) fn lossy(self) -> String {
        match self {
            Self::Valid(text) => text,
            Self::Invalid(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

impl Rows {
    /// Encodes events and runs all checks that a client runs before it sends.
    pub(crate) fn of<'a>(
        events: impl IntoEvents<'a>,
        max_event_bytes: usize,
    ) -> Result<Self, OutboxError> {
        let batch = events.into_batch()?;
        batch.check_sizes(max_event_bytes)?;
        let traceparent = inngest_core::traceparent();
        let resent: usize = batch.requests().map(|request| request.events.len()).sum();
        let events = batch
            .names()
            .zip(batch.dedup_ids())
            .zip(batch.events())
            .skip(resent)
            .map(|((name, dedup_id), body)| EventRow {
                name: name.to_owned(),
                dedup_id: dedup_id.map(|id| storable(&id)),
                traceparent: traceparent.clone(),
                body: body.to_owned(),
            });
        Ok(Self {
            events: events.collect(),
            requests: batch
                .requests()
                .map(|request| RequestRow::of(&request))
                .collect(),
        })
    }
}

/// Replaces NUL, which Postgres cannot store. Only people read such columns; the event keeps its id.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

impl RequestRow {
    pub(crate) fn of(request: &StoredRequest<'_>) -> Self {
        let bytes: usize = request.events.iter().map(|event| event.len() + 2).sum();
        let mut body = String::with_capacity(bytes + 2);
        for event in &request.events {
            body.push_str(if body.is_empty() { "[" } else { ",\n" });
            body.push_str(event.trim_ascii());
        }
        body.push(']');
        Self {
            seed: request.seed.clone().into_owned(),
            // A request has at most a few thousand events.
            events: i32::try_from(request.events.len()).unwrap_or(i32::MAX),
            traceparent: request.traceparent.as_deref().map(str::to_owned),
            body,
            is_uncertain: request.may_have_been_accepted,
            invalid_body: None,
        }
    }

    /// Parses the body into its events. The error contains no part of the body.
    pub(crate) fn read(&self) -> Result<StoredRequest<'_>, OutboxError> {
        let damaged = |problem: &str| {
            let problem = problem.to_owned();
            OutboxError::Stored(BatchBytesError::DamagedRequest { problem })
        };
        if self.invalid_body.is_some() {
            return Err(damaged("its body is not UTF-8"));
        }
        let events: Vec<&serde_json::value::RawValue> = serde_json::from_str(&self.body)
            .map_err(|_| damaged("its body is not a JSON array"))?;
        // If an event was added or removed, the events after it would get other event ids.
        if usize::try_from(self.events) != Ok(events.len()) {
            return Err(damaged("its body has another number of events"));
        }
        let events = events.into_iter().map(|event| Cow::Borrowed(event.get()));
        Ok(StoredRequest::new(&*self.seed, events.collect())
            .with_traceparent(self.traceparent.as_deref().map(Cow::Borrowed))
            .with_uncertainty(self.is_uncertain))
    }

    /// The request as a batch to send.
    pub(crate) fn batch(&self) -> Result<Batch, OutboxError> {
        let mut batch = Batch::new();
        batch.push_request(&self.read()?)?;
        Ok(batch)
    }
}

impl Rows {
    /// The events as the parameter of a statement of SQLite, or `None` if there are none.
    pub(crate) fn events_json(&self) -> Option<String> {
        let rows = self.events.iter().map(|event| {
            (
                &event.name,
                &event.dedup_id,
                &event.traceparent,
                &event.body,
            )
        });
        (!self.events.is_empty()).then(|| json(rows))
    }

    /// The requests as the parameter of a statement of SQLite, or `None` if there are none.
    pub(crate) fn requests_json(&self) -> Option<String> {
        let rows = self.requests.iter().map(|request| {
            let RequestRow {
                seed,
                events,
                traceparent,
                body,
                is_uncertain,
                invalid_body: _,
            } = request;
            (seed, events, traceparent, body, is_uncertain)
        });
        (!self.requests.is_empty()).then(|| json(rows))
    }
}

fn json(rows: impl Iterator<Item: serde::Serialize>) -> String {
    let rows: Vec<_> = rows.collect();
    // Texts and numbers always serialize.
    serde_json::to_string(&rows).unwrap_or_default()
}
