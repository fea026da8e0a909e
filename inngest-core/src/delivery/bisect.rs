//! The search for the events that the server refuses.

use std::sync::Arc;

use crate::delivery::error::SendError;
use crate::delivery::http::RequestResult;
use crate::delivery::outcome::Delivered;
use crate::delivery::request::EventRequest;
use crate::delivery::response::AcceptedIds;
use crate::delivery::uncertainty::Observation;

/// Decides from each result what to send next.
///
/// An answer does not say which event was refused, and names only some of the events that were
/// accepted before it. So the first event that the answer does not name is sent alone, and once it
/// is accepted, the others follow in parts. Each event has the same id in every request, so none
/// runs twice. A refusal can pass, so an event counts as refused only once it was refused alone.
pub(crate) struct Bisection {
    /// How many events the next request may have.
    width: usize,
    /// Whether the last answer says that the next event is refused.
    suspects_next: bool,
    /// How many events in a row were refused with the same words, and those words.
    in_row: (usize, Option<Arc<SendError>>),
}

/// After this many refusals in a row with the same words, the rest is given up: a suspended account
/// refuses every event.
const MOST_IN_ROW: usize = 10;

/// What follows from the result of a request.
pub(crate) struct Step {
    /// The events whose outcome is final.
    pub(crate) delivered: Delivered,
    /// What of the request is sent next, the first last.
    pub(crate) next: Vec<EventRequest>,
    pub(crate) remaining: Remaining,
}

/// What a result means for the events that the request did not hold.
pub(crate) enum Remaining {
    GoOn,
    /// The server refused the event before them with this error, and had not reached them.
    NotReached(Arc<SendError>),
    /// They are not sent, because of this error.
    GiveUp {
        /// How the server refused the event before them, if it refused it.
        refusal: Option<Arc<SendError>>,
        error: Arc<SendError>,
    },
}

impl Step {
    /// The request is done, and the delivery goes on with the rest.
    fn done(delivered: Delivered) -> Self {
        Self {
            delivered,
            next: Vec::new(),
            remaining: Remaining::GoOn,
        }
    }

    /// The request is to be sent again, as these parts.
    fn again(delivered: Delivered, next: Vec<EventRequest>) -> Self {
        Self {
            next,
            ..Self::done(delivered)
        }
    }

    /// Neither the request nor anything after it can be sent.
    fn give_up(mut delivered: Delivered, request: EventRequest, error: Arc<SendError>) -> Self {
        delivered.give_up(request, &error);
        let refusal = None;
        Self {
            remaining: Remaining::GiveUp { refusal, error },
            ..Self::done(delivered)
        }
    }
}

impl Default for Bisection {
    fn default() -> Self {
        Self {
            width: usize::MAX,
            suspects_next: false,
            in_row: (0, None),
        }
    }
}

impl Bisection {
    /// How many events the next request may have.
    pub(crate) fn at_most(&self) -> usize {
        if self.suspects_next { 1 } else { self.width }
    }

    /// What follows from the result of a request.
    pub(crate) fn step(&mut self, request: &EventRequest, result: RequestResult) -> Step {
        let mut delivered = Delivered::default();
        let (accepted, error, request) = match result {
            RequestResult::Accepted(ids) => {
                delivered.accept(request, ids);
                self.in_row = (0, None);
                if !std::mem::take(&mut self.suspects_next) {
                    self.width = self.width.saturating_mul(2);
                }
                return Step::done(delivered);
            }
            RequestResult::Failed {
                accepted,
                error,
                request,
            } => (accepted, error, request),
        };
        match *error {
            SendError::Refused { .. } | SendError::NotAllowed { .. } => {
                self.refused(request, accepted, error, delivered)
            }
            SendError::RequestTooLarge { .. } if request.len() > 1 => {
                let middle = request.len() / 2;
                let halves = vec![request.part(middle..request.len()), request.part(0..middle)];
                Step::again(delivered, halves)
            }
            SendError::RequestTooLarge { .. } => {
                delivered.reject(request, &error);
                Step::done(delivered)
            }
            _ => Step::give_up(delivered, request, error),
        }
    }

    /// The server refused an event of a request. It accepted the events before it that it names,
    /// and perhaps more.
    fn refused(
        &mut self,
        request: EventRequest,
        accepted: AcceptedIds,
        error: Arc<SendError>,
        mut delivered: Delivered,
    ) -> Step {
        let events = request.len();
        let accepted = match accepted {
            AcceptedIds::OfSeed(accepted) => accepted,
            AcceptedIds::Given(ids) => {
                // The server does not say which of the others it has, and asking again could run
                // them twice.
                let rest = request.part(ids.len()..events);
                let rest = rest.after(Observation::NoAnswer(None));
                delivered.accept(&request, AcceptedIds::Given(ids));
                return Step::give_up(delivered, rest, error);
            }
        };
        if events > 1 {
            delivered.accept(&request, AcceptedIds::OfSeed(accepted));
            if accepted > 0 {
                self.in_row = (0, None);
            }
            self.suspects_next = true;
            // Everything that is sent and not accepted is sent again. While that is at most a few
            // times what is accepted, the total stays at a few times the batch.
            if accepted < events / 4 {
                self.width = events / 4;
            }
            let rest = request.part(accepted..events);
            let rest = rest.after(Observation::Refused(&error));
            return Step::again(delivered, vec![rest]);
        }
        // A refusal of a single event may pass, so it is asked twice; a deny list does not pass.
        let is_denied = matches!(*error, SendError::NotAllowed { .. });
        if !std::mem::replace(&mut self.suspects_next, true) && !is_denied {
            return Step::again(delivered, vec![request]);
        }
        self.suspects_next = false;
        // Earlier refusals with the same words were about this event, so it was not accepted then.
        let request = request.after(Observation::RefusedBefore(&error));
        if is_denied {
            delivered.give_up(request, &error);
        } else {
            delivered.reject(request, &error);
        }
        Step {
            remaining: self.after_refusal(error),
            ..Step::done(delivered)
        }
    }

    /// What one more refused event means for the events after it.
    fn after_refusal(&mut self, error: Arc<SendError>) -> Remaining {
        let (refused, last) = &mut self.in_row;
        let same = last
            .take()
            .is_some_and(|last| last.says_the_same_as(&error));
        *refused = if same { *refused + 1 } else { 1 };
        *last = Some(Arc::clone(&error));
        if *refused < MOST_IN_ROW {
            return Remaining::NotReached(error);
        }
        let given_up = SendError::AfterRefusals {
            refused: *refused,
            last: Arc::clone(&error),
        };
        Remaining::GiveUp {
            refusal: Some(error),
            error: Arc::new(given_up),
        }
    }
}
