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
#[derive(Clone, Debug)]
pub(crate) struct EventRequest {
    buffer: Bytes,
    events: Events,
    /// The range of this request's events in the buffer.
    range: Range<usize>,
    seed: Seed,
    uncertainty: Uncertainty,
}

/// The events of a buffer. A single event needs no separate allocation.
#[derive(Clone, Debug)]
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
        }
    }

    /// The number of events.
    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    /// Creates a request from a contiguous part of the events. The events keep their event ids, so
    /// none runs twice.
    pub(crate) fn part(&self, places: Range<usize>) -> Self {
        let mut part = self.clone();
        let place = |place: usize| self.range.end.min(self.range.start.saturating_add(place));
        part.range = place(places.start)..place(places.end);
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
        // The buffer contains brackets only for the whole request.
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
