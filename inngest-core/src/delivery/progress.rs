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
        while let Some(request) = self.next(bisection.at_most()) {
            let result = sender.send(&request).await;
            self.take_step(bisection.step(&request, result));
        }
    }

    /// Takes the next request, with at most `at_most` events. From now on, the server may have
    /// them.
    fn next(&self, at_most: usize) -> Option<EventRequest> {
        let mut state = self.state();
        let mut request = state.left.pop()?;
        if request.len() > at_most {
            state.left.push(request.part(at_most..request.len()));
            request = request.part(0..at_most);
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
            Remaining::GoOn => {}
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
