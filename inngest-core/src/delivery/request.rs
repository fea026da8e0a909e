//! A request: its body, seed and delivery state.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::delivery::event_id::EventId;
use crate::delivery::seed::Seed;
use crate::delivery::uncertainty::{Observation, Uncertainty};
use crate::encode::buffer::EncodedEvent;

/// The events of one request.
///
/// Bytes, order and event ids never change. So the request, or any contiguous part of it, can be
/// resent, and the server recognizes each event.
#[derive(Clone)]
pub(crate) struct EventRequest {
    buffer: Bytes,
    events: Events,
    /// The range of this request's events in the buffer.
    range: Range<usize>,
    seed: Seed,
    uncertainty: Uncertainty,
    /// The trace that the events belong to, if it is not the sender's trace.
    traceparent: Option<Arc<str>>,
    /// Whether a program has stored the request. Then the program reports failures.
    is_stored: bool,
}

/// The events of a buffer. A single event needs no separate allocation.
#[derive(Clone)]
enum Events {
    One(EncodedEvent),
    Many(Arc<Vec<EncodedEvent>>),
}

impl EventRequest {
    /// Creates a request with the only event of a buffer.
    pub(crate) fn of_one(mut buffer: Vec<u8>, event: EncodedEvent, seed: Seed) -> Self {
        bracket(&mut buffer);
        Self {
            buffer: buffer.into(),
            events: Events::One(event),
            range: 0..1,
            seed,
            uncertainty: Uncertainty::None,
            traceparent: None,
            is_stored: false,
        }
    }

    /// Creates a request from events of a buffer that already contains the brackets.
    pub(crate) fn of_range(
        buffer: Bytes,
        events: Arc<Vec<EncodedEvent>>,
        range: Range<usize>,
        seed: Seed,
    ) -> Self {
        Self {
            buffer,
            events: Events::Many(events),
            range,
            seed,
            uncertainty: Uncertainty::None,
            traceparent: None,
            is_stored: false,
        }
    }

    /// The number of events.
    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    /// Creates a request from a contiguous part of the events. The events keep their event ids, so
    /// none runs twice.
    pub(crate) fn part(&self, range: Range<usize>) -> Self {
        let mut part = self.clone();
        let index = |index: usize| self.range.end.min(self.range.start.saturating_add(index));
        part.range = index(range.start)..index(range.end);
        part.seed = self.seed.after(part.range.start - self.range.start);
        part
    }

    /// Adds an observation.
    pub(crate) fn after(mut self, observation: Observation<'_>) -> Self {
        self.uncertainty = self.uncertainty.after(observation);
        self
    }

    /// Sets the uncertainty that an earlier process recorded.
    pub(crate) fn with_uncertainty(mut self, uncertainty: Uncertainty) -> Self {
        self.uncertainty = uncertainty;
        self
    }

    /// Sets the trace that the events belong to.
    pub(crate) fn with_traceparent(mut self, traceparent: Option<Arc<str>>) -> Self {
        self.traceparent = traceparent;
        self
    }

    /// Notes that a program has stored the request.
    pub(crate) fn stored(mut self) -> Self {
        self.is_stored = true;
        self
    }

    pub(crate) fn is_stored(&self) -> bool {
        self.is_stored
    }

    pub(crate) fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }

    /// Whether the server may have the events.
    pub(crate) fn uncertainty(&self) -> &Uncertainty {
        &self.uncertainty
    }

    pub(crate) fn seed(&self) -> &Seed {
        &self.seed
    }

    /// The event id of the event at `index`.
    pub(crate) fn event_id(&self, index: usize) -> EventId {
        self.seed.event_id(index)
    }

    pub(crate) fn events(&self) -> &[EncodedEvent] {
        let events = match &self.events {
            Events::One(event) => std::slice::from_ref(event),
            Events::Many(events) => events,
        };
        events.get(self.range.clone()).unwrap_or_default()
    }

    /// The bytes that contain the events.
    pub(crate) fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// The size of the body in bytes.
    pub(crate) fn body_bytes(&self) -> usize {
        body_bytes(self.events())
    }

    /// The body: a JSON array of the events.
    pub(crate) fn body(&self) -> Bytes {
        let [first, ..] = self.events() else {
            return Bytes::from_static(b"[]");
        };
        let last = self.events().last().unwrap_or(first);
        let around = first.json().start - 1..last.json().end + 1;
        let body = self.buffer.slice(around);
        if body.starts_with(b"[") && body.ends_with(b"]") {
            return body;
        }
        // The buffer contains brackets only around the whole request.
        let mut part = body.to_vec();
        bracket(&mut part);
        part.into()
    }

    /// The JSON of each event, in order.
    pub(crate) fn json(&self) -> impl Iterator<Item = &[u8]> {
        let events = self.events().iter();
        events.filter_map(|event| self.buffer.get(event.json()))
    }

    /// The deduplication id of each event, in order.
    pub(crate) fn dedup_ids(&self) -> impl Iterator<Item = Option<Cow<'_, str>>> {
        let events = self.events().iter();
        events.map(|event| event.dedup_id(&self.buffer))
    }
}

/// Turns the bytes before the first and after the last event into brackets. A line break and a
/// comma separate two events, so every request's body is a slice of the shared buffer.
pub(crate) fn bracket(body: &mut [u8]) {
    if let [first, .., last] = body {
        *first = b'[';
        *last = b']';
    }
}

/// The size in bytes of a request body with these events.
pub(crate) fn body_bytes(events: &[EncodedEvent]) -> usize {
    match events {
        [] => 2,
        events @ [first, ..] => events.last().unwrap_or(first).json().end - first.json().start + 2,
    }
}

#[cfg(test)]
impl EventRequest {
    /// A request with this many equal events.
    pub(crate) fn of_equal_events(events: usize) -> Self {
        use crate::encode::buffer::{EventBuffer, EventMeta, UntypedMeta};

        let meta = EventMeta::Untyped(Arc::new(UntypedMeta {
            name: "shop/order.placed".into(),
            version: None,
        }));
        let mut buffer = EventBuffer::default();
        for _ in 0..events {
            let json = br#"{"name":"shop/order.placed","data":{}}"#;
            buffer.push_json(meta.clone(), json, None, true);
        }
        let EventBuffer { mut bytes, events } = buffer;
        bracket(&mut bytes);
        let range = 0..events.len();
        Self::of_range(bytes.into(), Arc::new(events), range, Seed::new().unwrap())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_parts_keep_the_event_ids_and_are_complete_bodies() {
        let request = EventRequest::of_equal_events(6);
        let part = request.part(2..6).part(1..3);
        assert_eq!(part.len(), 2);
        assert_eq!(part.event_id(0), request.event_id(3));
        assert_eq!(part.event_id(1), request.event_id(4));
        for (start, end) in [(0, 6), (0, 2), (4, 6), (2, 3)] {
            let body = request.part(start..end).body();
            let events: Vec<serde_json::Value> = serde_json::from_slice(&body).unwrap();
            assert_eq!(events.len(), end - start);
        }
    }

    #[test]
    fn recorded_uncertainty_is_restored() {
        let request = EventRequest::of_equal_events(1);
        let restored = request.with_uncertainty(Uncertainty::Unanswered(None));
        assert!(restored.uncertainty().is_some());
    }
}
