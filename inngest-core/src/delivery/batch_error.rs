//! The error of a batch.

use std::fmt;

use crate::batch::Batch;
use crate::delivery::error::{SendError, debug_with_causes};
use crate::delivery::event_id::EventId;
use crate::delivery::outcome::Outcome;
use crate::delivery::receipt::Receipt;

/// A batch with at least one event that the server did not accept, or may not have accepted.
pub struct BatchError {
    outcomes: Vec<Outcome>,
    unsent: Box<Batch>,
}

impl BatchError {
    pub(crate) fn new(outcomes: Vec<Outcome>, unsent: Batch) -> Self {
        Self {
            outcomes,
            unsent: Box::new(unsent),
        }
    }

    /// The error of the first event that failed.
    pub(crate) fn first_error(&self) -> Option<&SendError> {
        self.outcomes.iter().find_map(Outcome::error)
    }

    /// The outcome of each event, in the order of the batch.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The events that the server accepted, with their indices in the batch.
    pub fn accepted(&self) -> impl Iterator<Item = (usize, &Receipt)> {
        let outcomes = self.outcomes.iter().enumerate();
        outcomes.filter_map(|(index, outcome)| match outcome {
            Outcome::Accepted(receipt) => Some((index, receipt)),
            _ => None,
        })
    }

    /// The events that the server does not have, with their indices in the batch.
    pub fn rejected(&self) -> impl Iterator<Item = (usize, &SendError)> {
        let outcomes = self.outcomes.iter().enumerate();
        outcomes.filter_map(|(index, outcome)| match outcome {
            Outcome::Rejected(rejection) => Some((index, &**rejection)),
            _ => None,
        })
    }

    /// The events that the server may have, with their indices in the batch and their event ids.
    pub fn unknown(&self) -> impl Iterator<Item = (usize, &EventId)> {
        let outcomes = self.outcomes.iter().enumerate();
        outcomes.filter_map(|(index, outcome)| match outcome {
            Outcome::Unknown { event_id, .. } => Some((index, event_id)),
            _ => None,
        })
    }

    /// The events that you can resend, as a batch: all events without a receipt, except the refused
    /// ones.
    ///
    /// An event that the server may have keeps its event id, so it does not run twice within 24
    /// hours. For functions with `batchEvents`, the window is 30 minutes. The batch does not
    /// contain events that this library or the server refused; their errors say what to change.
    #[must_use]
    pub fn into_unsent(self) -> Batch {
        *self.unsent
    }
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.outcomes.len();
        let rejected = self.rejected().count();
        let unknown = self.unknown().count();
        match (rejected, unknown) {
            (_, 0) => write!(f, "{rejected} of {all} events were not delivered"),
            (0, _) => write!(f, "{unknown} of {all} events may not have been delivered"),
            _ => write!(
                f,
                "{rejected} of {all} events were not delivered and {unknown} may not have been"
            ),
        }?;
        match self.first_error() {
            // The error shows the event's index, which `SendError` leaves out.
            Some(SendError::Payload(first)) => write!(f, "; the first error: {first}"),
            Some(first) => write!(f, "; the first error: {first}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for BatchError {
    /// The cause of the first error. This error's text contains the first error itself.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.first_error()?.source()
    }
}

debug_with_causes!(BatchError);
