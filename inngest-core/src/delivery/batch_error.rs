//! The error of sending a batch, with the outcome of each event.

use std::fmt;

use crate::batch::Batch;
use crate::delivery::error::{SendError, debug_with_causes};
use crate::delivery::event_id::EventId;
use crate::delivery::outcome::Outcome;
use crate::delivery::receipt::Receipt;

/// Sending a batch failed for at least one event: the server did not accept it, or may not have.
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
    #[must_use]
    pub fn first_error(&self) -> Option<&SendError> {
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

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::sync::Arc;

    use super::*;
    use crate::delivery::outcome::Rejection;
    use crate::delivery::request::EventRequest;
    use crate::error::{PayloadError, PayloadErrorKind};
    use crate::transport::error::TransportError;

    fn refused() -> SendError {
        let message = "no".to_owned();
        SendError::Refused { message }
    }

    fn rejected(error: SendError) -> Outcome {
        Outcome::Rejected(Rejection {
            event_name: "shop/order.placed".into(),
            dedup_id: None,
            error: Arc::new(error),
        })
    }

    fn payload(index: usize) -> Outcome {
        let kind = PayloadErrorKind::TooLarge { bytes: 2, limit: 1 };
        rejected(
            PayloadError::new("shop/order.placed", "", kind)
                .at(index)
                .into(),
        )
    }

    fn broken() -> SendError {
        SendError::ConnectionBroke {
            url: "http://a.example/e/".to_owned(),
            source: TransportError::other("reset"),
        }
    }

    fn id(index: u8) -> EventId {
        EventId::of_bytes([index; 16])
    }

    fn unknown(index: u8) -> Outcome {
        Outcome::Unknown {
            event_name: "shop/order.placed".into(),
            event_id: id(index),
            dedup_id: None,
            error: Arc::new(broken()),
        }
    }

    fn accepted(index: u8) -> Outcome {
        let (event_id, dedup_id) = (id(index), None);
        Outcome::Accepted(Receipt { event_id, dedup_id })
    }

    fn error(outcomes: Vec<Outcome>) -> BatchError {
        BatchError::new(outcomes, Batch::default())
    }

    #[test]
    fn the_message_counts_the_events_and_shows_the_first_error() {
        let refusal = "the server refused the event: no; correct the event, or leave it out";
        for (outcomes, counts, first) in [
            (
                vec![accepted(0), rejected(refused())],
                "1 of 2 events were not delivered",
                refusal.to_owned(),
            ),
            (
                vec![unknown(0), accepted(1), unknown(2)],
                "2 of 3 events may not have been delivered",
                broken().to_string(),
            ),
            (
                vec![rejected(refused()), unknown(1), unknown(2)],
                "1 of 3 events were not delivered and 2 may not have been",
                refusal.to_owned(),
            ),
        ] {
            let expected = format!("{counts}; the first error: {first}");
            assert_eq!(error(outcomes).to_string(), expected);
        }
        let text = error(vec![accepted(0), payload(1), unknown(2)]).to_string();
        let first = "; the first error: event 1 (`shop/order.placed`)";
        assert!(text.contains(first), "{text}");
    }

    #[test]
    fn events_are_listed_by_outcome_with_their_indices() {
        let outcomes = vec![
            unknown(0),
            accepted(1),
            rejected(refused()),
            unknown(3),
            accepted(4),
        ];
        let error = error(outcomes);
        assert_eq!(error.outcomes().len(), 5);
        let accepted = error
            .accepted()
            .map(|(index, receipt)| (index, &receipt.event_id));
        assert!(accepted.eq([(1, &id(1)), (4, &id(4))]));
        let rejected = error
            .rejected()
            .map(|(index, error)| (index, error.status()));
        assert!(rejected.eq([(2, Some(400))]));
        assert!(error.unknown().eq([(0, &id(0)), (3, &id(3))]));
    }

    #[test]
    fn the_source_is_the_source_of_the_first_error() {
        let refused = error(vec![rejected(refused()), unknown(1)]);
        assert!(refused.source().is_none());
        assert_eq!(format!("{refused:?}"), refused.to_string());
        let broken = error(vec![accepted(0), unknown(1)]);
        let cause = broken.source().unwrap().to_string();
        assert_eq!(cause, "no complete response arrived");
        let causes = format!("\n  because {cause}\n  because reset");
        assert_eq!(format!("{broken:?}"), format!("{broken}{causes}"));
    }

    #[test]
    fn unsent_events_are_returned() {
        let batch = Batch::of_requests(vec![EventRequest::of_equal_events(3)]);
        let error = BatchError::new(vec![], batch);
        assert_eq!(error.into_unsent().len(), 3);
    }
}
