//! The requests of a chunk, and what became of each of its events.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::answer::Ids;
use super::chunk::Chunk;
use super::error::{Outcome, SendError};
use super::inner::Inner;
use super::outcomes::Outcomes;
use super::request::{Doubt, Sent};

/// What became of the events of a chunk.
#[derive(Default)]
pub(super) struct Delivered {
    /// For each event that was open, in order.
    pub(super) outcomes: Outcomes,
    /// What can be sent again.
    pub(super) unsent: Vec<Chunk>,
}

impl Delivered {
    /// The first events of a chunk were accepted, up to this one, under the ids of its seed.
    fn accept(&mut self, chunk: &Chunk, taken: usize) {
        let accepted = chunk.open().start..taken;
        self.outcomes
            .accept(accepted.map(|index| chunk.receipt(index, chunk.event_id(index))));
    }

    fn reject(&mut self, events: usize, error: SendError) {
        let error = Arc::new(error);
        self.outcomes
            .extend((0..events).map(|_| Outcome::Rejected(Arc::clone(&error))));
    }

    /// The open events of a chunk, of which nothing is known but that they can be sent again.
    fn give_up(&mut self, mut chunk: Chunk, error: SendError, doubt: Doubt) {
        let error = Arc::new(error);
        if let Doubt::Left(earlier) = doubt {
            let last = error.may_have_been_taken().then(|| Arc::clone(&error));
            chunk = chunk.put_in_doubt(last.or(earlier));
        }
        self.outcomes.extend(chunk.not_delivered(&error));
        self.unsent.push(chunk);
    }
}

/// The delivery of a chunk, of which it can be said at any time how far it is.
#[derive(Clone)]
pub(super) struct Delivery(Arc<Mutex<Course>>);

struct Course {
    settled: Delivered,
    /// What is left to send, the next last.
    left: Vec<Chunk>,
}

impl Delivery {
    pub(super) fn new(chunk: Chunk) -> Self {
        Self(Arc::new(Mutex::new(Course {
            settled: Delivered::default(),
            left: vec![chunk],
        })))
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        // It is whole between any two calls.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The chunk to send next. From here on the server may have its events.
    fn next(&self) -> Option<Chunk> {
        let mut course = self.course();
        let chunk = course.left.pop()?;
        course.left.push(chunk.clone().put_in_doubt(None));
        Some(chunk)
    }

    /// What became of the chunk that was sent, and what of it is to be sent next.
    fn settle(&self, settled: Delivered, next: Vec<Chunk>) {
        let mut course = self.course();
        // When it was ended meanwhile, the chunk was handed back as one in doubt.
        if course.left.pop().is_some() {
            course.settled.outcomes.append(settled.outcomes);
            course.settled.unsent.extend(settled.unsent);
            course.left.extend(next);
        }
    }

    /// Ends the delivery, and says what became of all events. Those that are left to send fail with
    /// this error.
    pub(super) fn end(&self, error: &Arc<SendError>) -> Delivered {
        let mut course = self.course();
        let mut delivered = std::mem::take(&mut course.settled);
        for chunk in course.left.drain(..).rev() {
            delivered.outcomes.extend(chunk.not_delivered(error));
            delivered.unsent.push(chunk);
        }
        delivered
    }
}

impl Inner {
    /// Sends the events of a chunk, in as many requests as it takes to know of each what became of
    /// it.
    pub(super) async fn deliver_chunk(&self, delivery: &Delivery) {
        while let Some(chunk) = delivery.next() {
            let mut delivered = Delivered::default();
            let next = self.deliver_request(chunk, &mut delivered).await;
            delivery.settle(delivered, next);
        }
    }

    /// Makes the request of a chunk, and returns what of it is to be sent next, the first last.
    async fn deliver_request(&self, chunk: Chunk, delivered: &mut Delivered) -> Vec<Chunk> {
        let open = chunk.open();
        let (taken, error, doubt) = match self.request(&chunk).await {
            Sent::Taken(ids) => {
                match ids {
                    Ids::OfSeed => delivered.accept(&chunk, open.end),
                    Ids::Given(ids) => {
                        let ids = ids.into_iter().enumerate().skip(open.start);
                        let receipts = ids.map(|(index, event_id)| chunk.receipt(index, event_id));
                        delivered.outcomes.accept(receipts);
                    }
                }
                return Vec::new();
            }
            Sent::Failed {
                taken,
                error,
                doubt,
            } => (taken, error, doubt),
        };
        match error {
            SendError::Refused { message } => {
                let rest = self.around_refused(chunk, taken, message, delivered);
                return rest.await.into_iter().collect();
            }
            error @ SendError::RequestTooLarge { .. }
                if open.len() <= 1 && matches!(doubt, Doubt::None) =>
            {
                delivered.reject(open.len(), error);
            }
            // Nothing of it was taken, so its halves can have ids of their own.
            SendError::RequestTooLarge { .. } if matches!(doubt, Doubt::None) => {
                let middle = open.start + open.len() / 2;
                let halves = chunk.anew(middle..open.end).and_then(|second| {
                    let first = chunk.anew(open.start..middle)?;
                    Ok(vec![second, first])
                });
                match halves {
                    Ok(halves) => return halves,
                    Err(error) => delivered.give_up(chunk, error.into(), Doubt::None),
                }
            }
            error => delivered.give_up(chunk, error, doubt),
        }
        Vec::new()
    }

    /// Finds the event that the server refused, and returns those after it, which it does not
    /// have, as a request of their own.
    ///
    /// The answer does not say which event it was, and names only some of those that were taken
    /// before it. A prefix of the request has the same event ids, so that sending it again runs
    /// nothing twice: the refused event is the last of the shortest prefix that is refused.
    async fn around_refused(
        &self,
        chunk: Chunk,
        taken: usize,
        mut message: String,
        delivered: &mut Delivered,
    ) -> Option<Chunk> {
        let open = chunk.open();
        let mut taken = taken.max(open.start);
        let mut refused = open.end;
        // Most often the answer names all, and the next event is the one.
        let mut guess = taken + 1;
        while refused - taken > 1 {
            match self.request(&chunk.prefix(guess)).await {
                Sent::Taken(_) => taken = guess,
                Sent::Failed {
                    taken: named,
                    error: SendError::Refused { message: said },
                    ..
                } => {
                    refused = guess;
                    taken = taken.max(named.min(guess - 1));
                    message = said;
                }
                Sent::Failed { error, doubt, .. } => {
                    delivered.accept(&chunk, taken);
                    // The request as a whole was answered, and all before the refused event taken.
                    let doubt = Doubt::Left(doubt.earlier());
                    delivered.give_up(chunk.with_taken(taken), error, doubt);
                    return None;
                }
            }
            guess = taken + (refused - taken).div_ceil(2);
        }
        delivered.accept(&chunk, taken);
        delivered.reject(1, SendError::Refused { message });
        if refused == open.end {
            return None;
        }
        match chunk.anew(refused..open.end) {
            Ok(rest) => Some(rest),
            Err(error) => {
                let events = open.end - refused;
                delivered.reject(events, error.into());
                None
            }
        }
    }
}
