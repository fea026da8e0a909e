//! Splitting: a batch into requests, each cut once and for all.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::batch::{Batch, Entry};
use crate::delivery::dedup_id::{DedupId, DedupIds};
use crate::delivery::error::{Outcome, SendError};
use crate::delivery::receipt::{EventId, Receipt};
use crate::delivery::seed::Seed;
use crate::error::{PayloadError, PayloadErrorKind};

/// How much a request may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) request_bytes: usize,
    pub(crate) request_events: usize,
    pub(crate) event_bytes: usize,
}

/// The events of one request. Their bytes, their order and their ids never change, so that the
/// request, or a part of it, can be made again and every event is still the same event.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    buffer: Bytes,
    entries: Entries,
    /// Its events among the entries, in the order of the request.
    range: Range<usize>,
    /// Whether a request with its events may have reached the server before.
    in_doubt: bool,
    /// How such a request failed, where there was an answer or an end to it.
    earlier: Option<Arc<SendError>>,
    /// How the server refused a request with these events and others: it may have taken some of
    /// them before it came to the event that it refused.
    refused: Option<Arc<SendError>>,
    seed: Seed,
}

/// The events of a buffer. One needs no memory of its own.
#[derive(Clone, Debug)]
enum Entries {
    One(Entry),
    Many(Arc<Vec<Entry>>),
}

impl Chunk {
    /// The request of one event.
    pub(crate) fn single(mut buffer: Vec<u8>, entry: Entry) -> Result<Self, getrandom::Error> {
        let seed = Seed::new()?;
        bracket(&mut buffer);
        Ok(Self {
            buffer: buffer.into(),
            entries: Entries::One(entry),
            range: 0..1,
            in_doubt: false,
            earlier: None,
            refused: None,
            seed,
        })
    }

    /// How many events the request has.
    pub(crate) fn requested(&self) -> usize {
        self.range.len()
    }

    /// The places of its events.
    pub(crate) fn open(&self) -> Range<usize> {
        0..self.range.len()
    }

    /// Some of the events as a request of their own, with the ids that they have in this one: none
    /// runs twice, whatever became of this one.
    pub(crate) fn part(&self, places: Range<usize>) -> Self {
        let mut part = self.clone();
        let place = |place: usize| self.range.end.min(self.range.start.saturating_add(place));
        part.range = place(places.start)..place(places.end);
        part.seed = self.seed.after(part.range.start - self.range.start);
        part
    }

    /// The same request, which may have reached the server.
    pub(crate) fn put_in_doubt(mut self, earlier: Option<Arc<SendError>>) -> Self {
        self.in_doubt = true;
        self.earlier = earlier.or(self.earlier);
        self
    }

    /// The same request, of which some events may have been taken before the server refused one of
    /// them or of those after them.
    pub(crate) fn refused(mut self, error: &Arc<SendError>) -> Self {
        // One server that refuses one event says the same of it each time. Here it refused
        // different ones, and what came before the one may be what came after the other.
        let other = |before: &Arc<SendError>| !before.says_the_same_as(error);
        if let Some(before) = self.refused.take_if(|before| other(before)) {
            self = self.put_in_doubt(Some(before));
        }
        self.refused = Some(Arc::clone(error));
        self
    }

    /// The same request, of which no event was taken by one that was refused with these words: the
    /// event that the server refused came before them.
    pub(crate) fn not_reached(mut self, error: &SendError) -> Self {
        self.refused = self
            .refused
            .filter(|before| !before.says_the_same_as(error));
        self
    }

    pub(crate) fn is_in_doubt(&self) -> bool {
        self.in_doubt || self.refused.is_some()
    }

    /// How a request that may have reached the server failed.
    pub(crate) fn earlier(&self) -> Option<Arc<SendError>> {
        self.earlier.clone().or_else(|| self.refused.clone())
    }

    pub(crate) fn seed(&self) -> &Seed {
        &self.seed
    }

    fn entries(&self) -> &[Entry] {
        let entries = match &self.entries {
            Entries::One(entry) => std::slice::from_ref(entry),
            Entries::Many(entries) => entries,
        };
        entries.get(self.range.clone()).unwrap_or_default()
    }

    /// The size of the request's body.
    pub(crate) fn body_bytes(&self) -> usize {
        body_bytes(self.entries())
    }

    /// The request's body: a JSON array of the events.
    pub(crate) fn body(&self) -> Bytes {
        let [first, ..] = self.entries() else {
            return Bytes::from_static(b"[]");
        };
        let last = self.entries().last().unwrap_or(first);
        let body = self
            .buffer
            .slice(first.json().start - 1..last.json().end + 1);
        if body.starts_with(b"[") && body.ends_with(b"]") {
            return body;
        }
        // Part of a request that was cut before: its brackets are not in the buffer.
        let mut bytes = body.to_vec();
        bracket(&mut bytes);
        bytes.into()
    }

    /// The JSON of each event.
    pub(crate) fn open_events(&self) -> impl Iterator<Item = &[u8]> {
        self.entries()
            .iter()
            .filter_map(|entry| self.buffer.get(entry.json()))
    }

    /// The names of the events.
    pub(crate) fn open_names(&self) -> impl Iterator<Item = &'static str> {
        self.entries().iter().map(Entry::name)
    }

    /// The id that event `index` of the request has on the server.
    pub(crate) fn event_id(&self, index: usize) -> EventId {
        self.seed.event_id(index)
    }

    /// The deduplication ids of the events.
    pub(crate) fn open_dedup_ids(&self) -> impl Iterator<Item = Option<Cow<'_, str>>> {
        self.entries()
            .iter()
            .map(|entry| entry.dedup_id(&self.buffer))
    }

    /// What is known of the events when they are not sent, or not answered.
    pub(crate) fn not_delivered(&self, error: &Arc<SendError>) -> impl Iterator<Item = Outcome> {
        let mut error = Arc::clone(error);
        let in_doubt = self.is_in_doubt();
        if in_doubt {
            error = error.after(self.earlier());
        }
        let dedup_ids = DedupIds::new(&self.buffer, self.entries());
        self.open().zip(dedup_ids).map(move |(index, dedup_id)| {
            let error = Arc::clone(&error);
            if !in_doubt {
                return Outcome::Rejected(error);
            }
            Outcome::Unknown {
                event_id: self.event_id(index),
                dedup_id,
                error,
            }
        })
    }

    /// The receipt of the first event, which the server has under this id.
    pub(crate) fn receipt(&self, event_id: EventId) -> Receipt {
        let dedup_id = self.open_dedup_ids().next().flatten();
        Receipt {
            event_id,
            dedup_id: dedup_id.and_then(|id| DedupId::alone(&id)),
        }
    }

    /// The receipts of the first events, which the server has under these ids.
    pub(crate) fn receipts(
        &self,
        ids: impl Iterator<Item = EventId>,
    ) -> impl Iterator<Item = Receipt> {
        let dedup_ids = DedupIds::new(&self.buffer, self.entries());
        ids.zip(dedup_ids)
            .map(|(event_id, dedup_id)| Receipt { event_id, dedup_id })
    }
}

/// A batch made ready to send.
#[derive(Debug)]
pub(crate) struct Cut {
    /// In the order of the events.
    pub(crate) chunks: Vec<Chunk>,
    /// Events over the limit, in order, with their places in the batch.
    pub(crate) too_large: Vec<PayloadError>,
}

/// Where the requests of a batch begin and end, by the places of its open events.
#[derive(Debug)]
pub(crate) struct Split {
    pub(crate) requests: Vec<Range<usize>>,
    pub(crate) too_large: Vec<PayloadError>,
}

/// Why an event is too large to send, if it is.
pub(crate) fn too_large(entry: &Entry, limits: &Limits) -> Option<PayloadError> {
    let (bytes, limit) = (entry.json().len(), limits.event_bytes);
    let kind = PayloadErrorKind::TooLarge { bytes, limit };
    (bytes > limit).then(|| PayloadError::new(entry.name(), "", kind))
}

/// Between two events stand a line break and a comma. Where a request begins and ends they become
/// `[` and `]`, so that every body is a slice of the one buffer.
fn bracket(body: &mut [u8]) {
    if let [first, .., last] = body {
        *first = b'[';
        *last = b']';
    }
}

/// The size of a request with the events of these entries.
pub(crate) fn body_bytes(entries: &[Entry]) -> usize {
    match entries {
        [] => 2,
        entries @ [first, ..] => {
            entries.last().unwrap_or(first).json().end - first.json().start + 2
        }
    }
}

/// Splits a batch by count and by bytes. An event that is larger than a request may be goes alone:
/// what the account allows, only the server knows.
pub(crate) fn split(batch: &Batch, limits: &Limits) -> Split {
    let entries = &batch.entries;
    let mut requests: Vec<Range<usize>> = Vec::new();
    let mut too_large = Vec::new();
    let mut open: Option<(Range<usize>, usize)> = None;
    for (index, entry) in entries.iter().enumerate() {
        if let Some(error) = self::too_large(entry, limits) {
            requests.extend(open.take().map(|(range, _)| range));
            too_large.push(error.at(batch.len() - entries.len() + index));
            continue;
        }
        open = match open {
            Some((range, start))
                if range.len() < limits.request_events
                    && entry.json().end - start + 2 <= limits.request_bytes =>
            {
                Some((range.start..index + 1, start))
            }
            full => {
                requests.extend(full.map(|(range, _)| range));
                Some((index..index + 1, entry.json().start))
            }
        };
    }
    requests.extend(open.map(|(range, _)| range));
    Split {
        requests,
        too_large,
    }
}

/// Cuts a batch into requests with a seed each. Chunks of earlier requests stay what they were.
///
/// # Errors
///
/// Without random numbers there are no seeds; the batch comes back as it was.
pub(crate) fn cut(batch: Batch, limits: &Limits) -> Result<Cut, (Batch, getrandom::Error)> {
    let Split {
        requests,
        too_large,
    } = split(&batch, limits);
    let seeds: Vec<Seed> = match requests.iter().map(|_| Seed::new()).collect() {
        Ok(seeds) => seeds,
        Err(error) => return Err((batch, error)),
    };
    let Batch {
        mut buffer,
        entries,
        pinned: mut chunks,
    } = batch;
    for request in &requests {
        let (Some(first), Some(last)) = (entries.get(request.start), entries.get(request.end - 1))
        else {
            continue;
        };
        if let Some(body) = buffer.get_mut(first.json().start - 1..last.json().end + 1) {
            bracket(body);
        }
    }
    let buffer = Bytes::from(buffer);
    let entries = Entries::Many(Arc::new(entries));
    chunks.extend(requests.into_iter().zip(seeds).map(|(range, seed)| Chunk {
        buffer: buffer.clone(),
        entries: entries.clone(),
        range,
        in_doubt: false,
        earlier: None,
        refused: None,
        seed,
    }));
    Ok(Cut { chunks, too_large })
}
