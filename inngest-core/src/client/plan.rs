//! What sending a batch would do, without sending it.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::batch::Batch;
use crate::delivery::request::body_bytes;
use crate::delivery::split::{self, Limits};
use crate::error::PayloadError;

/// What [`Client::plan`](crate::Client::plan) found out about a batch.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The requests that it would be sent in, in order.
    pub requests: Vec<PlannedRequest>,
    /// Events over `max_event_bytes`, which would not be sent, by their places in the batch.
    pub too_large: Vec<PayloadError>,
    /// Events with a deduplication id that an earlier event of the batch has: the server would
    /// run nothing for them.
    pub duplicates: Vec<Duplicate>,
}

/// A request of a [`Plan`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedRequest {
    /// How many events it holds.
    pub events: usize,
    /// The size of its body.
    pub bytes: usize,
}

/// An event with the deduplication id of an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Duplicate {
    /// The event's place in the batch.
    pub index: usize,
    /// The place of the first event with this id.
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
