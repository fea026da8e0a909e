//! The outcome of each event, in the order of the events.

use std::sync::Arc;

use crate::delivery::dedup_id::{DedupId, DedupIds};
use crate::delivery::error::SendError;
use crate::delivery::event_id::EventId;
use crate::delivery::receipt::Receipt;
use crate::delivery::request::EventRequest;
use crate::delivery::response::AcceptedIds;
use crate::error::PayloadError;

/// The outcome of one event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The server accepted the event.
    Accepted(Receipt),
    /// The server does not have the event.
    Rejected(Arc<SendError>),
    /// The server may have the event.
    Unknown {
        /// The event id that the server uses if it has the event.
        event_id: EventId,
        /// The deduplication id, if the event has one.
        dedup_id: Option<DedupId>,
        /// Why the outcome is unknown.
        error: Arc<SendError>,
    },
}

impl Outcome {
    /// The error, unless the server accepted the event.
    #[must_use]
    pub fn error(&self) -> Option<&SendError> {
        match self {
            Self::Accepted(_) => None,
            Self::Rejected(error) | Self::Unknown { error, .. } => Some(error),
        }
    }
}

/// The outcomes of events. Stored as receipts while all events are accepted, which is the usual
/// case.
#[derive(Debug)]
pub(crate) enum Outcomes {
    Receipts(Vec<Receipt>),
    Each(Vec<Outcome>),
}

impl Default for Outcomes {
    fn default() -> Self {
        Self::Receipts(Vec::new())
    }
}

impl Outcomes {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Receipts(receipts) => receipts.len(),
            Self::Each(outcomes) => outcomes.len(),
        }
    }

    pub(crate) fn reserve(&mut self, events: usize) {
        match self {
            Self::Receipts(receipts) => receipts.reserve(events),
            Self::Each(outcomes) => outcomes.reserve(events),
        }
    }

    /// Adds accepted events.
    pub(crate) fn accept(&mut self, events: impl Iterator<Item = Receipt>) {
        match self {
            Self::Receipts(receipts) => receipts.extend(events),
            Self::Each(outcomes) => outcomes.extend(events.map(Outcome::Accepted)),
        }
    }

    /// Adds events that were not all accepted.
    pub(crate) fn extend(&mut self, events: impl IntoIterator<Item = Outcome>) {
        let mut outcomes = std::mem::take(self).into_each();
        outcomes.extend(events);
        *self = Self::Each(outcomes);
    }

    /// Appends the outcomes of later events, and adjusts the event indices in their errors.
    pub(crate) fn append(&mut self, next: Self) {
        match (&mut *self, next) {
            (Self::Receipts(receipts), Self::Receipts(next)) if receipts.capacity() == 0 => {
                *receipts = next;
            }
            (_, Self::Receipts(next)) => self.accept(next.into_iter()),
            (_, Self::Each(next)) => {
                let before = self.len();
                let next = next.into_iter().enumerate();
                self.extend(next.map(|(place, outcome)| at_place(outcome, before + place)));
            }
        }
    }

    /// The outcome of each event.
    pub(crate) fn each(&mut self) -> &[Outcome] {
        if let Self::Receipts(_) = self {
            *self = Self::Each(std::mem::take(self).into_each());
        }
        match self {
            Self::Each(outcomes) => outcomes,
            Self::Receipts(_) => &[],
        }
    }

    /// The outcome of each event.
    pub(crate) fn into_each(self) -> Vec<Outcome> {
        match self {
            Self::Receipts(receipts) => receipts.into_iter().map(Outcome::Accepted).collect(),
            Self::Each(outcomes) => outcomes,
        }
    }

    /// The receipts of all events.
    ///
    /// # Errors
    ///
    /// The outcome of each event, if not all were accepted.
    pub(crate) fn into_receipts(self) -> Result<Vec<Receipt>, Vec<Outcome>> {
        let outcomes = match self {
            Self::Receipts(receipts) => return Ok(receipts),
            Self::Each(outcomes) => outcomes,
        };
        if outcomes.iter().any(|outcome| outcome.error().is_some()) {
            return Err(outcomes);
        }
        let receipts = outcomes.into_iter().filter_map(|outcome| match outcome {
            Outcome::Accepted(receipt) => Some(receipt),
            _ => None,
        });
        Ok(receipts.collect())
    }

    /// Inserts events that were not sent, in order, at their indices. Adjusts the event indices in
    /// the other errors.
    pub(crate) fn merge(self, not_sent: Vec<PayloadError>) -> Self {
        if not_sent.is_empty() {
            return self;
        }
        let mut merged = Vec::with_capacity(not_sent.len() + self.len());
        let mut others = self.into_each().into_iter();
        let mut not_sent = not_sent.into_iter().peekable();
        loop {
            if let Some(error) = not_sent.next_if(|error| error.index() <= merged.len()) {
                merged.push(rejected(error.into()));
                continue;
            }
            let Some(outcome) = others.next() else { break };
            merged.push(at_place(outcome, merged.len()));
        }
        merged.extend(not_sent.map(|error| rejected(error.into())));
        Self::Each(merged)
    }
}

/// The outcomes of events, and the requests to resend.
#[derive(Default)]
pub(crate) struct Delivered {
    /// The outcome of each event, in order.
    pub(crate) outcomes: Outcomes,
    /// The requests that can be resent.
    pub(crate) unsent: Vec<EventRequest>,
}

impl Delivered {
    /// Appends later events.
    pub(crate) fn append(&mut self, next: Self) {
        self.outcomes.append(next.outcomes);
        self.unsent.extend(next.unsent);
    }

    /// Records that the server accepted the first events of a request.
    pub(crate) fn accept(&mut self, request: &EventRequest, ids: AcceptedIds) {
        match ids {
            AcceptedIds::OfSeed(events) => {
                let ids = (0..events).map(|index| request.event_id(index));
                self.outcomes.accept(receipts(request, ids));
            }
            AcceptedIds::Given(ids) => self.outcomes.accept(receipts(request, ids.into_iter())),
        }
    }

    /// Records that the server finally refused the events of a request. It may still have them from
    /// an earlier request.
    pub(crate) fn reject(&mut self, request: EventRequest, error: &Arc<SendError>) {
        if request.uncertainty().is_some() {
            self.give_up(request, error);
        } else {
            self.outcomes.extend(undelivered(&request, error));
        }
    }

    /// Records that the client gives up on a request, which can be resent.
    pub(crate) fn give_up(&mut self, request: EventRequest, error: &Arc<SendError>) {
        self.outcomes.extend(undelivered(&request, error));
        self.unsent.push(request);
    }
}

/// The outcomes of a request without a response.
pub(crate) fn undelivered(
    request: &EventRequest,
    error: &Arc<SendError>,
) -> impl Iterator<Item = Outcome> {
    let uncertainty = request.uncertainty();
    let is_uncertain = uncertainty.is_some();
    let error = if is_uncertain {
        Arc::clone(error).after(uncertainty.earlier().cloned())
    } else {
        Arc::clone(error)
    };
    let dedup_ids = DedupIds::new(request.buffer(), request.events());
    dedup_ids.enumerate().map(move |(index, dedup_id)| {
        let error = Arc::clone(&error);
        if !is_uncertain {
            return Outcome::Rejected(error);
        }
        Outcome::Unknown {
            event_id: request.event_id(index),
            dedup_id,
            error,
        }
    })
}

/// The receipts of the first events of a request, with their event ids.
pub(crate) fn receipts(
    request: &EventRequest,
    ids: impl Iterator<Item = EventId>,
) -> impl Iterator<Item = Receipt> {
    let dedup_ids = DedupIds::new(request.buffer(), request.events());
    ids.zip(dedup_ids)
        .map(|(event_id, dedup_id)| Receipt { event_id, dedup_id })
}

/// The receipt of the only event of a request, with its event id.
pub(crate) fn receipt(request: &EventRequest, event_id: EventId) -> Receipt {
    let dedup_id = request.dedup_ids().next().flatten();
    Receipt {
        event_id,
        dedup_id: dedup_id.and_then(|id| DedupId::alone(&id)),
    }
}

pub(crate) fn rejected(error: SendError) -> Outcome {
    Outcome::Rejected(Arc::new(error))
}

/// Sets the event index in the error of an outcome.
pub(crate) fn at_place(outcome: Outcome, place: usize) -> Outcome {
    if let Outcome::Rejected(error) = &outcome
        && let SendError::Payload(error) = &**error
    {
        return rejected(error.clone().at(place).into());
    }
    outcome
}
