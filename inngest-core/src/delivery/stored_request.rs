//! Requests as text, for programs that keep requests in a database.

use std::borrow::Cow;
use std::fmt;

use crate::delivery::error::SendError;
use crate::delivery::event_id::EventId;
use crate::delivery::request::EventRequest;
use crate::delivery::seed::Seed;
use crate::delivery::stored::{BatchBytesError, EventReader, request};
use crate::delivery::uncertainty::Uncertainty;
use crate::encode::buffer::EventBuffer;

/// A request as text, for programs that keep requests in a database, such as an outbox.
///
/// The server derives the event id of each event from the seed and the event's position. So a
/// request that is stored before it is sent can be resent after a crash, and no event runs twice
/// within 24 hours, or 30 minutes for functions with `batchEvents`.
///
/// ```
/// use inngest_core::{Batch, Client, RawEvent};
///
/// # fn example(client: &Client) -> Result<(), Box<dyn std::error::Error>> {
/// let mut batch = Batch::new();
/// batch.push(RawEvent::new("storefront/cart.cleared", serde_json::json!({})))?;
///
/// let cut = client.cut(batch)?;
/// for request in cut.batch.requests() {
///     let mut restored = Batch::new();
///     restored.push_request(&request)?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredRequest<'a> {
    /// The value of the header `x-inngest-event-id-seed`.
    pub seed: Cow<'a, str>,
    /// The JSON of each event, in order.
    pub events: Vec<Cow<'a, str>>,
    /// The value of the header `traceparent`, which links the runs to the caller's trace.
    pub traceparent: Option<Cow<'a, str>>,
    /// Whether the server may have the events.
    pub may_have_been_accepted: bool,
}

impl<'a> StoredRequest<'a> {
    /// Creates a request that has not been sent.
    #[must_use]
    pub fn new(seed: impl Into<Cow<'a, str>>, events: Vec<Cow<'a, str>>) -> Self {
        Self {
            seed: seed.into(),
            events,
            traceparent: None,
            may_have_been_accepted: false,
        }
    }

    /// Sets the trace of the caller, in the form of the header `traceparent`.
    #[must_use]
    pub fn with_traceparent(mut self, traceparent: Option<Cow<'a, str>>) -> Self {
        self.traceparent = traceparent;
        self
    }

    /// Sets whether the server may have the events.
    #[must_use]
    pub fn with_uncertainty(mut self, may_have_been_accepted: bool) -> Self {
        self.may_have_been_accepted = may_have_been_accepted;
        self
    }

    /// Returns a unique seed for a request.
    ///
    /// # Errors
    ///
    /// The operating system returned no random numbers.
    pub fn new_seed() -> Result<String, SendError> {
        Ok(Seed::new()?.to_text())
    }

    /// The event id that the server gives to the event at `index`, or `None` if the seed is invalid.
    #[must_use]
    pub fn event_id(&self, index: usize) -> Option<EventId> {
        Some(Seed::parse(&self.seed)?.event_id(index))
    }

    /// The seed for the rest of the request after its first `events` events. The rest keeps its event
    /// ids. `None` if the seed is invalid.
    #[must_use]
    pub fn seed_after(&self, events: usize) -> Option<String> {
        Some(Seed::parse(&self.seed)?.after(events).to_text())
    }

    pub(crate) fn of(request: &'a EventRequest) -> Self {
        let text = |json| str::from_utf8(json).ok().map(Cow::Borrowed);
        Self {
            seed: request.seed().to_text().into(),
            events: request.json().filter_map(text).collect(),
            traceparent: request.traceparent().map(Cow::Borrowed),
            may_have_been_accepted: request.uncertainty().is_some(),
        }
    }

    pub(crate) fn read(&self) -> Result<EventRequest, BatchBytesError> {
        let mut buffer = EventBuffer::default();
        let mut reader = EventReader::default();
        for event in &self.events {
            reader.read_into(&mut buffer, event.as_bytes(), true)?;
        }
        let request = request(buffer, &self.seed, self.traceparent.as_deref())?.stored();
        Ok(if self.may_have_been_accepted {
            request.with_uncertainty(Uncertainty::Unanswered(None))
        } else {
            request
        })
    }
}

/// Shows no data, because it may be personal.
impl fmt::Debug for StoredRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredRequest")
            .field("seed", &self.seed)
            .field("events", &self.events.len())
            .field("may_have_been_accepted", &self.may_have_been_accepted)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::stored::{read, write};

    #[test]
    fn a_stored_request_keeps_ids_bytes_and_trace() {
        let events = [
            r#"{"name":"a/b","id":"x\"1","data":{}}"#,
            r#"{"name":"c/d","data":{"n":1.0}}"#,
        ];
        let stored = StoredRequest::new(
            "1743130137367,eii2YKXRVTJPuA==",
            events.iter().map(|event| Cow::Borrowed(*event)).collect(),
        )
        .with_traceparent(Some("00-1-2-01".into()))
        .with_uncertainty(true);
        let request = stored.read().unwrap();
        assert_eq!(StoredRequest::of(&request), stored);
        assert_eq!(stored.event_id(1).unwrap(), request.event_id(1));
        let after = stored.seed_after(1).unwrap();
        let rest = StoredRequest::new(after, vec![]);
        assert_eq!(rest.event_id(0), stored.event_id(1));
        assert!(rest.read().is_err());
        let (copies, _) = read(&write(&[request], &EventBuffer::default())).unwrap();
        assert_eq!(StoredRequest::of(&copies[0]), stored);
    }

    #[test]
    fn a_stored_request_with_other_json_is_an_error() {
        for event in [
            "",
            "1",
            "[]",
            "{}",
            r#"{"name":1}"#,
            r#"{"name":"a/b","id":1}"#,
        ] {
            let stored = StoredRequest::new("1743130137367,eii2YKXRVTJPuA==", vec![event.into()]);
            assert!(stored.read().is_err(), "{event}");
        }
        let stored = StoredRequest::new("1", vec![r#"{"name":"a/b"}"#.into()]);
        assert!(stored.read().is_err());
    }
}
