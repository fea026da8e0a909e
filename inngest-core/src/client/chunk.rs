//! Splitting: a batch into requests, each cut once and for all.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::receipt::{EventId, Receipt};
use super::seed::Seed;
use crate::batch::{Batch, Entry};
use crate::error::{PayloadError, PayloadErrorKind};

/// How much a request may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) request_bytes: usize,
    pub(crate) request_events: usize,
    pub(crate) event_bytes: usize,
}

/// The events of one request. Its bytes, their order and the seed never change, so that the
/// request can be made again and every event is still the same event.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    buffer: Bytes,
    entries: Arc<[Entry]>,
    range: Range<usize>,
    seed: Seed,
}

impl Chunk {
    /// The request of one event.
    pub(crate) fn single(mut buffer: Vec<u8>, entry: Entry) -> Result<Self, getrandom::Error> {
        let seed = Seed::new()?;
        bracket(&mut buffer, &entry, &entry);
        Ok(Self {
            buffer: buffer.into(),
            entries: Arc::new([entry]),
            range: 0..1,
            seed,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    pub(crate) fn seed(&self) -> &Seed {
        &self.seed
    }

    fn entries(&self) -> &[Entry] {
        self.entries.get(self.range.clone()).unwrap_or_default()
    }

    /// The request's body: a JSON array of the events.
    pub(crate) fn body(&self) -> Bytes {
        match self.entries() {
            [] => Bytes::from_static(b"[]"),
            entries @ [first, ..] => {
                let last = entries.last().unwrap_or(first);
                self.buffer.slice(first.json.start - 1..last.json.end + 1)
            }
        }
    }

    /// The JSON of each event.
    pub(crate) fn events(&self) -> impl Iterator<Item = &[u8]> {
        self.entries()
            .iter()
            .filter_map(|entry| self.buffer.get(entry.json.clone()))
    }

    /// The id that event `index` of the request has on the server.
    pub(crate) fn event_id(&self, index: usize) -> EventId {
        self.seed.event_id(index)
    }

    /// The deduplication id of event `index` of the request.
    pub(crate) fn dedup_id(&self, index: usize) -> Option<String> {
        self.entries().get(index)?.dedup_id(&self.buffer)
    }

    /// The deduplication ids of the events.
    pub(crate) fn dedup_ids(&self) -> impl Iterator<Item = Option<String>> {
        self.entries()
            .iter()
            .map(|entry| entry.dedup_id(&self.buffer))
    }

    pub(crate) fn receipt(&self, index: usize, event_id: EventId) -> Receipt {
        Receipt {
            event_id,
            dedup_id: self.dedup_id(index),
        }
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
    let (bytes, limit) = (entry.json.len(), limits.event_bytes);
    let kind = PayloadErrorKind::TooLarge { bytes, limit };
    (bytes > limit).then(|| PayloadError::new(entry.name, "", kind))
}

/// Between two events stand a line break and a comma. Where a request begins and ends they become
/// `[` and `]`, so that every body is a slice of the one buffer.
fn bracket(buffer: &mut [u8], first: &Entry, last: &Entry) {
    for (place, bracket) in [(first.json.start - 1, b'['), (last.json.end, b']')] {
        if let Some(byte) = buffer.get_mut(place) {
            *byte = bracket;
        }
    }
}

/// The size of a request with the events of these entries.
pub(crate) fn body_bytes(entries: &[Entry]) -> usize {
    match entries {
        [] => 2,
        entries @ [first, ..] => entries.last().unwrap_or(first).json.end - first.json.start + 2,
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
                    && entry.json.end - start + 2 <= limits.request_bytes =>
            {
                Some((range.start..index + 1, start))
            }
            full => {
                requests.extend(full.map(|(range, _)| range));
                Some((index..index + 1, entry.json.start))
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
        bracket(&mut buffer, first, last);
    }
    let buffer = Bytes::from(buffer);
    let entries: Arc<[Entry]> = entries.into();
    chunks.extend(requests.into_iter().zip(seeds).map(|(range, seed)| Chunk {
        buffer: buffer.clone(),
        entries: entries.clone(),
        range,
        seed,
    }));
    Ok(Cut { chunks, too_large })
}
