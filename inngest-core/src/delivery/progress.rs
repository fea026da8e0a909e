//! Delivers one request. The delivery can be stopped at any time with an outcome for each event.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::delivery::bisect::{Bisection, Remaining, Step};
use crate::delivery::error::SendError;
use crate::delivery::http::RequestSender;
use crate::delivery::outcome::Delivered;
use crate::delivery::request::EventRequest;
use crate::delivery::uncertainty::Observation;

/// The progress of one request's delivery. Clones share it.
#[derive(Clone)]
pub(crate) struct RequestProgress(Arc<Mutex<State>>);

struct State {
    delivered: Delivered,
    /// The requests left to send, in reverse order.
    left: Vec<EventRequest>,
}

impl RequestProgress {
    pub(crate) fn new(request: EventRequest) -> Self {
        Self(Arc::new(Mutex::new(State {
            delivered: Delivered::default(),
            left: vec![request],
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every method leaves the state consistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the events in as many requests as needed to find the outcome of each event.
    pub(crate) async fn deliver(&self, sender: &RequestSender) {
        let mut bisection = Bisection::default();
        while let Some(request) = self.next(bisection.max_events()) {
            let result = sender.send(&request).await;
            self.take_step(bisection.step(&request, result));
        }
    }

    /// Takes the next request, with at most `max_events` events. From now on, the server may have
    /// these events.
    fn next(&self, max_events: usize) -> Option<EventRequest> {
        let mut state = self.state();
        let mut request = state.left.pop()?;
        if request.len() > max_events {
            state.left.push(request.part(max_events..request.len()));
            request = request.part(0..max_events);
        }
        let sent = request.clone().after(Observation::NoAnswer(None));
        state.left.push(sent);
        Some(request)
    }

    /// Applies the step that follows from the last request.
    fn take_step(&self, step: Step) {
        let mut state = self.state();
        // If the delivery was stopped meanwhile, the request was already reported as uncertain.
        if state.left.pop().is_none() {
            return;
        }
        state.delivered.append(step.delivered);
        match step.remaining {
            Remaining::Continue => {}
            Remaining::NotReached(error) => state.mark_not_reached(&error),
            Remaining::GiveUp { refusal, error } => {
                if let Some(refusal) = refusal {
                    state.mark_not_reached(&refusal);
                }
                state.give_up(&error);
            }
        }
        state.left.extend(step.next);
    }

    /// Stops the delivery. The remaining events fail with this error.
    pub(crate) fn end(&self, error: &Arc<SendError>) -> Delivered {
        let mut state = self.state();
        state.give_up(error);
        std::mem::take(&mut state.delivered)
    }
}

impl State {
    fn mark_not_reached(&mut self, error: &SendError) {
        let left = std::mem::take(&mut self.left).into_iter();
        let after = |request: EventRequest| request.after(Observation::RefusedBefore(error));
        self.left = left.map(after).collect();
    }

    fn give_up(&mut self, error: &Arc<SendError>) {
        for request in self.left.drain(..).rev() {
            self.delivered.give_up(request, error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::outcome::Outcome;

    fn refusal(message: &str) -> Arc<SendError> {
        let message = message.to_owned();
        Arc::new(SendError::Refused { message })
    }

    fn step(remaining: Remaining, next: Vec<EventRequest>) -> Step {
        Step {
            delivered: Delivered::default(),
            next,
            remaining,
        }
    }

    /// One letter for each outcome, and the size of each request to resend.
    fn end(progress: &RequestProgress) -> (String, Vec<usize>) {
        let delivered = progress.end(&refusal("end"));
        let outcomes = delivered.outcomes.into_each();
        let letters = outcomes.iter().map(|outcome| match outcome {
            Outcome::Accepted(_) => 'a',
            Outcome::Rejected(_) => 'r',
            Outcome::Unknown { .. } => 'u',
        });
        let unsent = delivered.unsent.iter().map(EventRequest::len).collect();
        (letters.collect(), unsent)
    }

    #[test]
    fn only_events_that_were_sent_are_unknown_when_the_delivery_ends() {
        let request = EventRequest::of_equal_events(3);
        for (max_events, taken, expected) in [
            (usize::MAX, 3, ("uuu", &[3][..])),
            (3, 3, ("uuu", &[3])),
            (2, 2, ("uur", &[2, 1])),
        ] {
            let progress = RequestProgress::new(request.clone());
            let sent = progress.next(max_events).unwrap();
            assert_eq!((sent.len(), sent.uncertainty().is_some()), (taken, false));
            let (outcomes, unsent) = end(&progress);
            assert_eq!((outcomes.as_str(), &unsent[..]), expected, "{max_events}");
            // The result of the request comes too late and is ignored.
            let again = vec![request.clone()];
            progress.take_step(step(Remaining::Continue, again));
            assert!(progress.next(1).is_none());
            assert_eq!(end(&progress), (String::new(), vec![]));
        }
    }

    #[test]
    fn only_the_same_refusal_makes_later_events_certain() {
        for (message, expected) in [("no", "rr"), ("other", "uu")] {
            for gives_up in [false, true] {
                let request = EventRequest::of_equal_events(3);
                let uncertain = request.after(Observation::Refused(&refusal("no")));
                let progress = RequestProgress::new(uncertain);
                progress.next(1);
                let refusal = refusal(message);
                let remaining = if gives_up {
                    let error = Arc::clone(&refusal);
                    let refusal = Some(refusal);
                    Remaining::GiveUp { refusal, error }
                } else {
                    Remaining::NotReached(refusal)
                };
                progress.take_step(step(remaining, vec![]));
                assert_eq!(progress.state().left.is_empty(), gives_up);
                assert_eq!(end(&progress), (expected.to_owned(), vec![2]));
            }
        }
    }

    #[test]
    fn requests_of_a_step_come_before_later_events() {
        let request = EventRequest::of_equal_events(5);
        let progress = RequestProgress::new(request.clone());
        progress.next(3);
        let halves = vec![request.part(1..3), request.part(0..1)];
        progress.take_step(step(Remaining::Continue, halves));
        for first in [0, 1, 3] {
            let next = progress.next(usize::MAX).unwrap();
            assert_eq!(next.event_id(0), request.event_id(first));
            progress.take_step(step(Remaining::Continue, vec![]));
        }
        assert!(progress.next(1).is_none());
    }
}
