//! Tracks whether the server may have the events of a request.

use std::sync::Arc;

use crate::delivery::error::SendError;

/// Whether the server may have the events of a request.
///
/// Only [`after`](Self::after) changes the state.
#[derive(Clone, Debug, Default)]
pub(crate) enum Uncertainty {
    /// The server does not have any of the events.
    #[default]
    None,
    /// The server refused an event of an earlier request that also contained these events. It may
    /// have accepted some of them before the refused event.
    NearRefusal(Arc<SendError>),
    /// The server may have accepted the events from an earlier attempt. The error is the result of
    /// that attempt, if known.
    Unanswered(Option<Arc<SendError>>),
}

/// The result of a request that contained the events.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Observation<'a> {
    /// The client gave the request to the transport, or got no conclusive response.
    NoAnswer(Option<&'a Arc<SendError>>),
    /// The server refused one event and may have accepted the events before it.
    Refused(&'a Arc<SendError>),
    /// The server refused an earlier event of the request with this error, so it accepted none of
    /// these events from that request.
    RefusedBefore(&'a SendError),
}

impl Uncertainty {
    /// Returns the state after one more observation.
    pub(crate) fn after(self, observation: Observation<'_>) -> Self {
        use Observation::{NoAnswer, Refused, RefusedBefore};
        match (self, observation) {
            // An attempt without a response stays uncertain: no later response reveals its result.
            (Self::Unanswered(known), NoAnswer(error)) => {
                Self::Unanswered(error.cloned().or(known))
            }
            (Self::Unanswered(known), Refused(error)) => {
                Self::Unanswered(known.or_else(|| Some(Arc::clone(error))))
            }
            (Self::NearRefusal(known), NoAnswer(error)) => {
                Self::Unanswered(Some(error.map_or(known, Arc::clone)))
            }
            (Self::None, NoAnswer(error)) => Self::Unanswered(error.cloned()),
            // The server refuses an event with the same message each time. A different message is
            // about another event, and an event before one of them may come after the other.
            (Self::NearRefusal(known), Refused(error)) if !known.has_same_message_as(error) => {
                Self::Unanswered(Some(known))
            }
            (Self::None | Self::NearRefusal(_), Refused(error)) => {
                Self::NearRefusal(Arc::clone(error))
            }
            (Self::NearRefusal(known), RefusedBefore(error))
                if known.has_same_message_as(error) =>
            {
                Self::None
            }
            (known, RefusedBefore(_)) => known,
        }
    }

    /// Whether the server may have the events.
    pub(crate) fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// Adds to an event's final error that the server may have the event from an earlier attempt.
    pub(crate) fn explain(&self, error: Arc<SendError>) -> Arc<SendError> {
        if !self.is_some() || error.may_have_been_accepted() {
            return error;
        }
        let earlier = self.earlier().cloned();
        Arc::new(SendError::InDoubt {
            last: error,
            earlier,
        })
    }

    /// The error of the attempt that may have succeeded.
    pub(crate) fn earlier(&self) -> Option<&Arc<SendError>> {
        match self {
            Self::None => None,
            Self::NearRefusal(error) => Some(error),
            Self::Unanswered(error) => error.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(message: &str) -> Arc<SendError> {
        let message = message.to_owned();
        Arc::new(SendError::Refused { message })
    }

    /// Formats a state as its kind and error message.
    fn summary(state: &Uncertainty) -> String {
        let words = state
            .earlier()
            .map_or("?".to_owned(), |error| match &**error {
                SendError::Refused { message } => message.clone(),
                other => other.to_string(),
            });
        match state {
            Uncertainty::None => "none".to_owned(),
            Uncertainty::NearRefusal(_) => format!("near {words}"),
            Uncertainty::Unanswered(_) => format!("unanswered {words}"),
        }
    }

    #[test]
    fn observations_change_the_state_as_listed() {
        use Observation::{NoAnswer, Refused, RefusedBefore};
        use Uncertainty::{NearRefusal, Unanswered};
        let (a, b) = (refusal("a"), refusal("b"));
        let none = || Uncertainty::None;
        let near = || NearRefusal(Arc::clone(&a));
        let unanswered = || Unanswered(None);
        let explained = || Unanswered(Some(Arc::clone(&a)));
        for (before, observation, after) in [
            (none(), NoAnswer(None), "unanswered ?"),
            (none(), NoAnswer(Some(&b)), "unanswered b"),
            (none(), Refused(&b), "near b"),
            (none(), RefusedBefore(&b), "none"),
            (near(), NoAnswer(None), "unanswered a"),
            (near(), NoAnswer(Some(&b)), "unanswered b"),
            (near(), Refused(&refusal("a")), "near a"),
            (near(), Refused(&b), "unanswered a"),
            (near(), RefusedBefore(&refusal("a")), "none"),
            (near(), RefusedBefore(&b), "near a"),
            (unanswered(), NoAnswer(None), "unanswered ?"),
            (unanswered(), NoAnswer(Some(&b)), "unanswered b"),
            (unanswered(), Refused(&b), "unanswered b"),
            (unanswered(), RefusedBefore(&b), "unanswered ?"),
            (explained(), NoAnswer(None), "unanswered a"),
            (explained(), NoAnswer(Some(&b)), "unanswered b"),
            (explained(), Refused(&b), "unanswered a"),
            (explained(), RefusedBefore(&a), "unanswered a"),
        ] {
            let text = format!("{} after {observation:?}", summary(&before));
            let state = before.after(observation);
            assert_eq!(summary(&state), after, "{text}");
            assert_eq!(state.is_some(), after != "none", "{text}");
        }
    }

    #[test]
    fn only_the_refusal_of_uncertain_events_mentions_an_earlier_attempt() {
        let conclusive = refusal("a");
        let inconclusive = Arc::new(SendError::InDoubt {
            last: refusal("a"),
            earlier: None,
        });
        for (state, error, explained) in [
            (Uncertainty::None, &conclusive, false),
            (Uncertainty::None, &inconclusive, false),
            (Uncertainty::Unanswered(None), &conclusive, true),
            (Uncertainty::Unanswered(None), &inconclusive, false),
        ] {
            let summary = state.explain(Arc::clone(error));
            assert_eq!(!Arc::ptr_eq(&summary, error), explained, "{state:?}");
        }
    }
}
