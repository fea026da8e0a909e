//! Finds the events that the server refuses.

use std::sync::Arc;

use crate::delivery::error::SendError;
use crate::delivery::http::RequestResult;
use crate::delivery::outcome::Delivered;
use crate::delivery::request::EventRequest;
use crate::delivery::response::AcceptedIds;
use crate::delivery::uncertainty::Observation;

/// Decides from each result what to send next.
///
/// A response does not say which event was refused, and lists only some of the events that were
/// accepted before it. So the first unlisted event is sent alone. Once it is accepted, the
/// remaining events follow in parts. Each event has the same id in every request, so none runs
/// twice. A refusal can be temporary, so an event counts as refused only after it was refused
/// alone.
pub(crate) struct Bisection {
    /// The maximum number of events in a request.
    width: usize,
    /// Whether to send the next event alone, because the last response may have refused it.
    suspects_next: bool,
    /// The number of consecutive refusals with the same message, and the last of them.
    consecutive_refusals: (usize, Option<Arc<SendError>>),
}

/// After this many consecutive refusals with the same message, the client gives up: the server
/// refuses every event of a suspended account.
const MAX_CONSECUTIVE_REFUSALS: usize = 10;

/// What to do after the result of a request.
pub(crate) struct Step {
    /// The events whose outcome is final.
    pub(crate) delivered: Delivered,
    /// The requests to send next, in reverse order.
    pub(crate) next: Vec<EventRequest>,
    pub(crate) remaining: Remaining,
}

/// What a result means for later events.
pub(crate) enum Remaining {
    Continue,
    /// The server refused the event before them with this error and did not reach them.
    NotReached(Arc<SendError>),
    /// The client does not send them, because of this error.
    GiveUp {
        /// The refusal of the event before them, if the server refused it.
        refusal: Option<Arc<SendError>>,
        error: Arc<SendError>,
    },
}

impl Step {
    /// The request is done. The delivery continues with later events.
    fn done(delivered: Delivered) -> Self {
        Self {
            delivered,
            next: Vec::new(),
            remaining: Remaining::Continue,
        }
    }

    /// Resends the request as these parts.
    fn resend(delivered: Delivered, next: Vec<EventRequest>) -> Self {
        Self {
            next,
            ..Self::done(delivered)
        }
    }

    /// Gives up on the request and on later events.
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
            consecutive_refusals: (0, None),
        }
    }
}

impl Bisection {
    /// The maximum number of events in the next request.
    pub(crate) fn max_events(&self) -> usize {
        if self.suspects_next { 1 } else { self.width }
    }

    /// Decides what to do after the result of a request.
    pub(crate) fn step(&mut self, request: &EventRequest, result: RequestResult) -> Step {
        let mut delivered = Delivered::default();
        let (accepted, error, request) = match result {
            RequestResult::Accepted(ids) => {
                delivered.accept(request, ids);
                self.consecutive_refusals = (0, None);
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
                Step::resend(delivered, halves)
            }
            SendError::RequestTooLarge { .. } => {
                delivered.reject(request, &error);
                Step::done(delivered)
            }
            _ => Step::give_up(delivered, request, error),
        }
    }

    /// Handles the refusal of an event. The server accepted the listed events before it, and
    /// perhaps more.
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
                // The server does not say which other events it accepted, and a resend could run
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
                self.consecutive_refusals = (0, None);
            }
            self.suspects_next = true;
            // Unaccepted events are sent again. Limiting the width to a multiple of the accepted
            // events keeps the total traffic proportional to the batch.
            if accepted < events / 4 {
                self.width = events / 4;
            }
            let rest = request.part(accepted..events);
            let rest = rest.after(Observation::Refused(&error));
            return Step::resend(delivered, vec![rest]);
        }
        // A refusal of a single event can be temporary, so try twice. A deny list is permanent.
        let is_denied = matches!(*error, SendError::NotAllowed { .. });
        if !std::mem::replace(&mut self.suspects_next, true) && !is_denied {
            return Step::resend(delivered, vec![request]);
        }
        self.suspects_next = false;
        // Earlier refusals with the same message were about this event, so it was not accepted
        // then.
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

    /// Decides what one more refused event means for later events.
    fn after_refusal(&mut self, error: Arc<SendError>) -> Remaining {
        let (refused, last) = &mut self.consecutive_refusals;
        let same = last
            .take()
            .is_some_and(|last| last.has_same_message_as(&error));
        *refused = if same { *refused + 1 } else { 1 };
        *last = Some(Arc::clone(&error));
        if *refused < MAX_CONSECUTIVE_REFUSALS {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::outcome::Outcome;

    /// Reports that the server accepted the first events of a request and refused the next.
    fn refuse(bisection: &mut Bisection, events: usize, accepted: usize) -> Step {
        let request = EventRequest::of_equal_events(events);
        let error = SendError::Refused {
            message: "no".to_owned(),
        };
        let result = RequestResult::Failed {
            accepted: AcceptedIds::OfSeed(accepted),
            error: Arc::new(error),
            request: request.clone(),
        };
        bisection.step(&request, result)
    }

    fn accept(bisection: &mut Bisection, events: usize) -> Step {
        let request = EventRequest::of_equal_events(events);
        let all = AcceptedIds::OfSeed(events);
        bisection.step(&request, RequestResult::Accepted(all))
    }

    fn gives_up(step: &Step) -> bool {
        matches!(step.remaining, Remaining::GiveUp { .. })
    }

    #[test]
    fn ten_consecutive_refusals_end_the_delivery() {
        let mut bisection = Bisection::default();
        for refusals in 1..=10 {
            assert!(!gives_up(&refuse(&mut bisection, 4, 0)));
            let alone = refuse(&mut bisection, 1, 0);
            assert_eq!(gives_up(&alone), refusals == 10, "{refusals}");
        }
    }

    #[test]
    fn accepted_events_interrupt_consecutive_refusals() {
        let mut bisection = Bisection::default();
        for _ in 0..30 {
            assert!(!gives_up(&refuse(&mut bisection, 4, 1)));
            assert!(!gives_up(&refuse(&mut bisection, 1, 0)));
        }
        let mut bisection = Bisection::default();
        for _ in 0..30 {
            assert!(!gives_up(&refuse(&mut bisection, 4, 0)));
            assert!(!gives_up(&refuse(&mut bisection, 1, 0)));
            accept(&mut bisection, 2);
        }
    }

    #[test]
    fn requests_shrink_after_refusals_and_grow_after_successes() {
        let mut bisection = Bisection::default();
        assert_eq!(bisection.max_events(), usize::MAX);
        let step = refuse(&mut bisection, 40, 3);
        assert_eq!(step.next[0].len(), 37);
        assert_eq!(bisection.max_events(), 1);
        refuse(&mut bisection, 1, 0);
        assert_eq!(bisection.max_events(), 10);
        accept(&mut bisection, 10);
        assert_eq!(bisection.max_events(), 20);
        // The suspected event is accepted alone, which says nothing about the other events.
        refuse(&mut bisection, 20, 0);
        accept(&mut bisection, 1);
        assert_eq!(bisection.max_events(), 5);
    }

    fn fail(request: &EventRequest, accepted: AcceptedIds, error: SendError) -> Step {
        let result = RequestResult::Failed {
            accepted,
            error: Arc::new(error),
            request: request.clone(),
        };
        Bisection::default().step(request, result)
    }

    /// One letter for each outcome, and the sizes of the requests to send next and to resend later.
    fn summary(step: Step) -> (String, Vec<usize>, Vec<usize>) {
        let outcomes = step.delivered.outcomes.into_each();
        let letters = outcomes.iter().map(|outcome| match outcome {
            Outcome::Accepted(_) => 'a',
            Outcome::Rejected(_) => 'r',
            Outcome::Unknown { .. } => 'u',
        });
        let events = |requests: Vec<EventRequest>| requests.iter().map(EventRequest::len).collect();
        (
            letters.collect(),
            events(step.next),
            events(step.delivered.unsent),
        )
    }

    #[test]
    fn too_large_requests_are_halved_until_one_event_is_rejected() {
        let none = || AcceptedIds::OfSeed(0);
        let too_large = || SendError::RequestTooLarge { bytes: 9 };
        for (events, halves) in [(2, [1, 1]), (5, [3, 2])] {
            let request = EventRequest::of_equal_events(events);
            let step = fail(&request, none(), too_large());
            assert!(matches!(step.remaining, Remaining::Continue));
            // The next requests are in reverse order, and each event keeps its id.
            let first_ids = step.next.iter().map(|half| half.event_id(0));
            let expected = [request.event_id(halves[1]), request.event_id(0)];
            assert!(first_ids.eq(expected), "{events}");
            assert_eq!(summary(step), (String::new(), halves.to_vec(), vec![]));
        }
        let request = EventRequest::of_equal_events(1);
        let step = fail(&request, none(), too_large());
        assert!(matches!(step.remaining, Remaining::Continue));
        assert_eq!(summary(step), ("r".to_owned(), vec![], vec![]));
        let uncertain = request.after(Observation::NoAnswer(None));
        let step = fail(&uncertain, none(), too_large());
        assert_eq!(summary(step), ("u".to_owned(), vec![], vec![1]));
    }

    #[test]
    fn other_failures_are_final_for_the_whole_request() {
        let none = || AcceptedIds::OfSeed(0);
        let request = EventRequest::of_equal_events(3);
        let error = SendError::UnexpectedStatus {
            url: String::new(),
            status: 402,
            message: String::new(),
            hint: "",
        };
        let step = fail(&request, none(), error);
        assert!(matches!(
            step.remaining,
            Remaining::GiveUp { refusal: None, .. }
        ));
        assert_eq!(summary(step), ("rrr".to_owned(), vec![], vec![3]));
        // Ids that are not from the seed do not show whether other events were accepted too.
        let refused = SendError::Refused {
            message: "no".to_owned(),
        };
        let step = fail(
            &request,
            AcceptedIds::Given(vec![request.event_id(0)]),
            refused,
        );
        assert!(gives_up(&step));
        assert_eq!(summary(step), ("auu".to_owned(), vec![], vec![2]));
    }

    #[test]
    fn an_event_is_refused_after_two_refusals_or_one_denial() {
        let mut bisection = Bisection::default();
        let first = refuse(&mut bisection, 1, 0);
        assert_eq!(summary(first), (String::new(), vec![1], vec![]));
        let second = refuse(&mut bisection, 1, 0);
        assert!(matches!(second.remaining, Remaining::NotReached(_)));
        assert_eq!(summary(second), ("r".to_owned(), vec![], vec![]));
        assert_eq!(bisection.max_events(), usize::MAX);
        let denied = SendError::NotAllowed {
            message: "no".to_owned(),
        };
        let request = EventRequest::of_equal_events(1);
        let step = fail(&request, AcceptedIds::OfSeed(0), denied);
        assert_eq!(summary(step), ("r".to_owned(), vec![], vec![1]));
    }

    #[test]
    fn requests_do_not_shrink_if_a_quarter_is_accepted() {
        for accepted in [2, 3, 7] {
            let mut bisection = Bisection::default();
            refuse(&mut bisection, 8, accepted);
            refuse(&mut bisection, 1, 0);
            assert_eq!(bisection.max_events(), usize::MAX, "{accepted}");
        }
    }
}
