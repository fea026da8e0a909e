//! The requests of a chunk, and what became of each of its events.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::inner::Inner;
use crate::delivery::error::{Outcome, SendError};
use crate::delivery::http::{Doubt, Sent};
use crate::delivery::outcome::Outcomes;
use crate::delivery::receipt::EventId;
use crate::delivery::request::Chunk;
use crate::delivery::response::{Ids, Named};

/// What became of the events of a chunk.
#[derive(Default)]
pub(crate) struct Delivered {
    /// For each event, in order.
    pub(crate) outcomes: Outcomes,
    /// What can be sent again.
    pub(crate) unsent: Vec<Chunk>,
}

impl Delivered {
    fn append(&mut self, next: Self) {
        self.outcomes.append(next.outcomes);
        self.unsent.extend(next.unsent);
    }

    /// The first events of a request were accepted, under the ids of its seed.
    fn accept(&mut self, chunk: &Chunk, events: usize) {
        let ids = (0..events).map(|index| chunk.event_id(index));
        self.outcomes.accept(chunk.receipts(ids));
    }

    fn accept_as(&mut self, chunk: &Chunk, ids: Vec<EventId>) {
        self.outcomes.accept(chunk.receipts(ids.into_iter()));
    }

    fn reject(&mut self, events: usize, error: &Arc<SendError>) {
        self.outcomes
            .extend((0..events).map(|_| Outcome::Rejected(Arc::clone(error))));
    }

    /// The events of a request, of which nothing is known but that they can be sent again.
    fn give_up(&mut self, chunk: Chunk, error: &Arc<SendError>) {
        self.outcomes.extend(chunk.not_delivered(error));
        self.unsent.push(chunk);
    }
}

/// The delivery of a chunk, of which it can be said at any time how far it is.
#[derive(Clone)]
pub(crate) struct Delivery(Arc<Mutex<Course>>);

struct Course {
    settled: Delivered,
    /// What is left to send, the next last.
    left: Vec<Chunk>,
}

/// What an answer means for the events that the request did not have.
#[derive(Default)]
struct Rest {
    /// The server refused the one before them with these words, and had not come to them.
    not_reached: Option<Arc<SendError>>,
    /// They are not sent, for this reason.
    given_up: Option<Arc<SendError>>,
}

/// What became of a request.
struct Settled {
    delivered: Delivered,
    /// What of it is to be sent next, the first last.
    next: Vec<Chunk>,
    rest: Rest,
}

impl Delivery {
    pub(crate) fn new(chunk: Chunk) -> Self {
        Self(Arc::new(Mutex::new(Course {
            settled: Delivered::default(),
            left: vec![chunk],
        })))
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        // It is whole between any two calls.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The request to make next, with so many events at most. From here on the server may have
    /// them.
    fn next(&self, at_most: usize) -> Option<Chunk> {
        let mut course = self.course();
        let mut chunk = course.left.pop()?;
        if chunk.requested() > at_most {
            course.left.push(chunk.part(at_most..chunk.requested()));
            chunk = chunk.part(0..at_most);
        }
        course.left.push(chunk.clone().put_in_doubt(None));
        Some(chunk)
    }

    /// What became of the request that was made.
    fn settle(&self, settled: Settled) {
        let mut course = self.course();
        // When it was ended meanwhile, the request was handed back as one in doubt.
        if course.left.pop().is_none() {
            return;
        }
        course.settled.append(settled.delivered);
        let Rest {
            not_reached,
            given_up,
        } = settled.rest;
        if let Some(error) = not_reached {
            let left = std::mem::take(&mut course.left).into_iter();
            course.left = left.map(|chunk| chunk.not_reached(&error)).collect();
        }
        if let Some(error) = given_up {
            for chunk in std::mem::take(&mut course.left).into_iter().rev() {
                course.settled.give_up(chunk, &error);
            }
        }
        course.left.extend(settled.next);
    }

    /// Ends the delivery, and says what became of all events. Those that are left to send fail with
    /// this error.
    pub(crate) fn end(&self, error: &Arc<SendError>) -> Delivered {
        let mut course = self.course();
        let mut delivered = std::mem::take(&mut course.settled);
        for chunk in course.left.drain(..).rev() {
            delivered.give_up(chunk, error);
        }
        delivered
    }
}

impl Inner {
    /// Sends the events of a chunk, in as many requests as it takes to know of each what became of
    /// it.
    pub(crate) async fn deliver_chunk(&self, delivery: &Delivery) {
        let mut search = Search::default();
        while let Some(chunk) = delivery.next(search.at_most()) {
            let sent = self.request(&chunk).await;
            delivery.settle(search.settle(chunk, sent));
        }
    }
}

/// The search for the events that the server refuses, by how much is sent next.
///
/// An answer does not say which event was refused, and names only some of those that were taken
/// before it. So the first of those that it does not name is sent by itself, and if that is taken
/// the others in parts. Each has the same id in every request, so that none runs twice, and nothing
/// is said of an event that is not known of it: a refusal can pass.
struct Search {
    /// How many events the next request may have.
    width: usize,
    /// Whether the last answer says that the next event is refused.
    suspects: bool,
    /// How many events were refused in a row with the same words, and how.
    in_row: (usize, Option<Arc<SendError>>),
}

/// After so many refusals in a row with the same words the others are not tried: an account that is
/// suspended refuses each.
const MOST_IN_ROW: usize = 10;

impl Default for Search {
    fn default() -> Self {
        Self {
            width: usize::MAX,
            suspects: false,
            in_row: (0, None),
        }
    }
}

impl Search {
    fn at_most(&self) -> usize {
        if self.suspects { 1 } else { self.width }
    }

    /// What the end of a request means for its events, and what is to be sent next.
    fn settle(&mut self, chunk: Chunk, sent: Sent) -> Settled {
        let mut delivered = Delivered::default();
        let (taken, error, doubt) = match sent {
            Sent::Taken(ids) => {
                match ids {
                    Ids::OfSeed => delivered.accept(&chunk, chunk.requested()),
                    Ids::Given(ids) => delivered.accept_as(&chunk, ids),
                }
                self.in_row = (0, None);
                if !std::mem::take(&mut self.suspects) {
                    self.width = self.width.saturating_mul(2);
                }
                return Settled {
                    delivered,
                    next: Vec::new(),
                    rest: Rest::default(),
                };
            }
            Sent::Failed {
                taken,
                error,
                doubt,
            } => (taken, Arc::new(error), doubt),
        };
        let chunk = match doubt {
            Doubt::None => chunk,
            Doubt::Left(earlier) => {
                let last = error.may_have_been_taken().then(|| Arc::clone(&error));
                chunk.put_in_doubt(last.or(earlier))
            }
        };
        match *error {
            SendError::Refused { .. } | SendError::NotAllowed { .. } => {
                self.refused(chunk, taken, error, delivered)
            }
            SendError::RequestTooLarge { .. } if chunk.requested() > 1 => {
                let middle = chunk.requested() / 2;
                Settled {
                    delivered,
                    next: vec![chunk.part(middle..chunk.requested()), chunk.part(0..middle)],
                    rest: Rest::default(),
                }
            }
            SendError::RequestTooLarge { .. } => {
                if chunk.is_in_doubt() {
                    delivered.give_up(chunk, &error);
                } else {
                    delivered.reject(chunk.requested(), &error);
                }
                Settled {
                    delivered,
                    next: Vec::new(),
                    rest: Rest::default(),
                }
            }
            _ => {
                delivered.give_up(chunk, &error);
                Settled {
                    delivered,
                    next: Vec::new(),
                    rest: Rest {
                        given_up: Some(error),
                        ..Rest::default()
                    },
                }
            }
        }
    }

    /// The server refused an event of a request, and took those before it that it names, or more.
    fn refused(
        &mut self,
        chunk: Chunk,
        taken: Named,
        error: Arc<SendError>,
        mut delivered: Delivered,
    ) -> Settled {
        let events = chunk.requested();
        let taken = match taken {
            Named::OfSeed(taken) => taken,
            Named::Given(ids) => {
                // Which of the others it has it does not say, and to ask could run them twice.
                let rest = chunk.part(ids.len()..events).put_in_doubt(None);
                delivered.accept_as(&chunk, ids);
                delivered.give_up(rest, &error);
                return Settled {
                    delivered,
                    next: Vec::new(),
                    rest: Rest {
                        given_up: Some(error),
                        ..Rest::default()
                    },
                };
            }
        };
        if events > 1 {
            delivered.accept(&chunk, taken);
            if taken > 0 {
                self.in_row = (0, None);
            }
            self.suspects = true;
            // What is sent and not taken is sent again. As long as that is not more than a few
            // times what is taken, all of it is no more than a few times the batch.
            if taken < events / 4 {
                self.width = events / 4;
            }
            return Settled {
                delivered,
                next: vec![chunk.part(taken..events).refused(&error)],
                rest: Rest::default(),
            };
        }
        // By itself it is refused for what it is, or for a time; a deny list is not for a time.
        let is_denied = matches!(*error, SendError::NotAllowed { .. });
        if !std::mem::replace(&mut self.suspects, true) && !is_denied {
            return Settled {
                delivered,
                next: vec![chunk],
                rest: Rest::default(),
            };
        }
        self.suspects = false;
        // What was refused with the same words was this event, and it was not taken then.
        let chunk = chunk.not_reached(&error);
        if is_denied || chunk.is_in_doubt() {
            delivered.give_up(chunk, &error);
        } else {
            delivered.reject(events, &error);
        }
        Settled {
            delivered,
            next: Vec::new(),
            rest: self.after(error),
        }
    }

    /// What one more refusal means for the events after it.
    fn after(&mut self, error: Arc<SendError>) -> Rest {
        let (refused, last) = &mut self.in_row;
        let goes_on = last
            .take()
            .is_some_and(|last| last.says_the_same_as(&error));
        *refused = if goes_on { *refused + 1 } else { 1 };
        *last = Some(Arc::clone(&error));
        let given_up = (*refused >= MOST_IN_ROW).then(|| {
            Arc::new(SendError::AfterRefusals {
                refused: *refused,
                last: Arc::clone(&error),
            })
        });
        Rest {
            not_reached: Some(error),
            given_up,
        }
    }
}
