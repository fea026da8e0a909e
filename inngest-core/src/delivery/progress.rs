//! The delivery of one request, which can be ended at any moment with an outcome for each event.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::delivery::bisect::{Bisection, Remaining, Step};
use crate::delivery::error::SendError;
use crate::delivery::http::RequestSender;
use crate::delivery::outcome::Delivered;
use crate::delivery::request::EventRequest;
use crate::delivery::uncertainty::Observation;

/// How far the delivery of a request has come. Clones share it.
#[derive(Clone)]
pub(crate) struct RequestProgress(Arc<Mutex<State>>);

struct State {
    delivered: Delivered,
    /// What is left to send, the next last.
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
        // The state is whole between any two calls.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the events, in as many requests as it takes to know the outcome of each.
    pub(crate) async fn deliver(&self, sender: &RequestSender) {
        let mut bisection = Bisection::default();
        while let Some(request) = self.next(bisection.at_most()) {
            let result = sender.send(&request).await;
            self.take_step(bisection.step(&request, result));
        }
    }

    /// The request to send next, with at most this many events. From here on the server may have
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

    /// Takes in what followed from the request that was sent.
    fn take_step(&self, step: Step) {
        let mut state = self.state();
        // If the delivery was ended meanwhile, the request was handed back as an uncertain one.
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

    /// Ends the delivery. Events that are left to send fail with this error.
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
