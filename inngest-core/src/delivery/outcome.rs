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
    /// The server has it.
    Accepted(Receipt),
    /// The server does not have it.
    Rejected(Arc<SendError>),
    /// The server may have it.
    Unknown {
        /// The id under which the server has it, if it has it.
        event_id: EventId,
        /// Its deduplication id, if it has one.
        dedup_id: Option<DedupId>,
        /// Why that is not known.
        error: Arc<SendError>,
    },
}

impl Outcome {
    /// Why the event was not accepted for certain.
    #[must_use]
    pub fn error(&self) -> Option<&SendError> {
        match self {
            Self::Accepted(_) => None,
            Self::Rejected(error) | Self::Unknown { error, .. } => Some(error),
        }
    }
}

/// What became of events: their receipts for as long as all are accepted, as most often they are.
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

    /// The next events were accepted.
    pub(crate) fn accept(&mut self, events: impl Iterator<Item = Receipt>) {
        match self {
            Self::Receipts(receipts) => receipts.extend(events),
            Self::Each(outcomes) => outcomes.extend(events.map(Outcome::Accepted)),
        }
    }

    /// What became of the next events, of which not all were accepted.
    pub(crate) fn extend(&mut self, events: impl IntoIterator<Item = Outcome>) {
        let mut outcomes = std::mem::take(self).into_each();
        outcomes.extend(events);
        *self = Self::Each(outcomes);
    }

    /// Adds what became of the events after these. What an error says of its event's place among
    /// them becomes its place in the whole.
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

    /// What became of each.
    pub(crate) fn each(&mut self) -> &[Outcome] {
        if let Self::Receipts(_) = self {
            *self = Self::Each(std::mem::take(self).into_each());
        }
        match self {
            Self::Each(outcomes) => outcomes,
            Self::Receipts(_) => &[],
        }
    }

    /// What became of each.
    pub(crate) fn into_each(self) -> Vec<Outcome> {
        match self {
            Self::Receipts(receipts) => receipts.into_iter().map(Outcome::Accepted).collect(),
            Self::Each(outcomes) => outcomes,
        }
    }

    /// The receipts of all.
    ///
    /// # Errors
    ///
    /// What became of each, where not all were accepted.
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

    /// Puts events that were not sent, in order, at their places among these. What an error says
    /// of its event's place among the others becomes its place in the whole.
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

/// The outcomes of events, and what of them can be sent again.
#[derive(Default)]
pub(crate) struct Delivered {
    /// For each event, in order.
    pub(crate) outcomes: Outcomes,
    /// Requests that can be sent again.
    pub(crate) unsent: Vec<EventRequest>,
}

impl Delivered {
    /// Adds the events after these.
    pub(crate) fn append(&mut self, next: Self) {
        self.outcomes.append(next.outcomes);
        self.unsent.extend(next.unsent);
    }

    /// The server accepted the first events of a request.
    pub(crate) fn accept(&mut self, request: &EventRequest, ids: AcceptedIds) {
        match ids {
            AcceptedIds::OfSeed(events) => {
                let ids = (0..events).map(|index| request.event_id(index));
                self.outcomes.accept(receipts(request, ids));
            }
            AcceptedIds::Given(ids) => self.outcomes.accept(receipts(request, ids.into_iter())),
        }
    }

    /// The server refused the events of a request for good. It may still have them from an earlier
    /// request.
    pub(crate) fn reject(&mut self, request: EventRequest, error: &Arc<SendError>) {
        if request.uncertainty().is_some() {
            self.give_up(request, error);
        } else {
            self.outcomes.extend(undelivered(&request, error));
        }
    }

    /// The events of a request are not sent any more, but can be sent again.
    pub(crate) fn give_up(&mut self, request: EventRequest, error: &Arc<SendError>) {
        self.outcomes.extend(undelivered(&request, error));
        self.unsent.push(request);
    }
}

/// The outcomes of a request that was not sent, or not answered.
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

/// The receipts of the first events of a request, which the server has under these ids.
pub(crate) fn receipts(
    request: &EventRequest,
    ids: impl Iterator<Item = EventId>,
) -> impl Iterator<Item = Receipt> {
    let dedup_ids = DedupIds::new(request.buffer(), request.events());
    ids.zip(dedup_ids)
        .map(|(event_id, dedup_id)| Receipt { event_id, dedup_id })
}

/// The receipt of a request's only event, which the server has under this id.
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

/// An outcome whose error says that its event is at this place.
pub(crate) fn at_place(outcome: Outcome, place: usize) -> Outcome {
    if let Outcome::Rejected(error) = &outcome
        && let SendError::Payload(error) = &**error
    {
        return rejected(error.clone().at(place).into());
    }
    outcome
}
