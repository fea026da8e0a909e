//! Plans how a batch would be sent.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::batch::Batch;
use crate::delivery::request::body_bytes;
use crate::delivery::split::{self, Limits};
use crate::error::PayloadError;

/// The result of [`Client::plan`](crate::Client::plan).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The requests that would be sent, in order.
    pub requests: Vec<PlannedRequest>,
    /// Events over `max_event_bytes`, which the client would not send, in order.
    pub too_large: Vec<PayloadError>,
    /// Events with the deduplication id of an earlier event in the batch. The server would run no
    /// plain function for them.
    pub duplicates: Vec<Duplicate>,
}

/// A request of a [`Plan`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedRequest {
    /// The number of events.
    pub events: usize,
    /// The size of the body in bytes.
    pub bytes: usize,
}

/// An event with the deduplication id of an earlier event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Duplicate {
    /// The event's index in the batch.
    pub index: usize,
    /// The index of the first event with this id.
    pub first: usize,
    /// The deduplication id.
    pub dedup_id: String,
}

impl Plan {
    pub(crate) fn of(batch: &Batch, limits: &Limits) -> Self {
        let events = &batch.fresh.events;
        let split = split::split(events, batch.resent_len(), limits);
        let resent = batch.requests.iter().map(|request| PlannedRequest {
            events: request.len(),
            bytes: request.body_bytes(),
        });
        let fresh = split.requests.iter().map(|range| PlannedRequest {
            events: range.len(),
            bytes: body_bytes(events.get(range.clone()).unwrap_or_default()),
        });
        Self {
            requests: resent.chain(fresh).collect(),
            too_large: split.too_large,
            duplicates: duplicates(batch),
        }
    }
}

fn duplicates(batch: &Batch) -> Vec<Duplicate> {
    let mut first_with: HashMap<Cow<'_, str>, usize> = HashMap::new();
    let mut duplicates = Vec::new();
    for (index, dedup_id) in batch.dedup_ids().enumerate() {
        let Some(dedup_id) = dedup_id else { continue };
        match first_with.get(&dedup_id) {
            Some(&first) => duplicates.push(Duplicate {
                index,
                first,
                dedup_id: dedup_id.into_owned(),
            }),
            None => {
                first_with.insert(dedup_id, index);
            }
        }
    }
    duplicates
}
