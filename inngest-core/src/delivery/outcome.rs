//! What became of events, in their order.

use std::sync::Arc;

use crate::delivery::error::{Outcome, SendError};
use crate::delivery::receipt::Receipt;
use crate::error::PayloadError;

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
