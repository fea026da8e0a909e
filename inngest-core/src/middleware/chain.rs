//! Runs a client's middleware.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;

use crate::batch::Batch;
use crate::delivery::dedup_id::DedupId;
use crate::delivery::error::SendError;
use crate::delivery::outcome::{Outcome, Rejection, with_index};
use crate::encode::buffer::{EncodedEvent, EventBuffer};
use crate::middleware::event::OutgoingEvent;
use crate::middleware::outgoing::{Middleware, Outgoing, SentEvent};

/// All middleware of a client, in order.
#[derive(Clone, Default)]
pub(crate) struct Chain(Vec<Arc<dyn Middleware>>);

/// A batch after all middleware has run.
pub(crate) struct Prepared {
    pub(crate) batch: Batch,
    pub(crate) mapping: Mapping,
}

/// Maps the events after middleware to the original events.
pub(crate) struct Mapping {
    /// The number of original events.
    events: usize,
    /// The original index of each event; `None` if a middleware added it.
    pub(crate) origins: Vec<Option<usize>>,
    pub(crate) discarded: Vec<Discarded>,
}

/// An event that a middleware discarded.
pub(crate) struct Discarded {
    /// Its original index.
    pub(crate) index: usize,
    pub(crate) rejection: Rejection,
}

impl Mapping {
    /// The number of events that middleware added.
    pub(crate) fn added(&self) -> usize {
        let origins = self.origins.iter();
        origins.filter(|origin| origin.is_none()).count()
    }

    /// Converts the outcomes of the events after middleware into outcomes of the original events.
    pub(crate) fn restore(self, outcomes: Vec<Outcome>) -> Vec<Outcome> {
        let mut original: Vec<Option<Outcome>> = vec![None; self.events];
        for (origin, outcome) in self.origins.into_iter().zip(outcomes) {
            if let Some(index) = origin
                && let Some(slot) = original.get_mut(index)
            {
                *slot = Some(with_index(outcome, index));
            } else if let Some(error) = outcome.error() {
                tracing::warn!(%error, "an event that middleware added was not delivered");
            }
        }
        for discarded in self.discarded {
            if let Some(slot) = original.get_mut(discarded.index) {
                *slot = Some(Outcome::Rejected(discarded.rejection));
            }
        }
        // Every slot is filled: each original event is either in the new batch or discarded.
        original.into_iter().flatten().collect()
    }
}

impl Chain {
    pub(crate) fn push(&mut self, middleware: impl Middleware) {
        self.0.push(Arc::new(middleware));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Passes the events of a batch to all middleware, except events that middleware has already seen.
    ///
    /// # Errors
    ///
    /// A middleware failed. Returns the batch unchanged.
    pub(crate) fn prepare(&self, batch: Batch) -> Result<Prepared, Box<(Batch, SendError)>> {
        let resent = batch.resent_len();
        let Batch { fresh, requests } = batch;
        let bytes = Bytes::from(fresh.bytes);
        let before = fresh.events;
        let outgoing = |(index, event): (usize, &EncodedEvent)| {
            OutgoingEvent::new(Some(index), event, bytes.slice(event.json()))
        };
        let (prepared, new): (Vec<_>, Vec<_>) = (resent..)
            .zip(&before)
            .partition(|(_, event)| event.prepared);
        let events = new.into_iter().map(outgoing).collect();
        let mut new = Outgoing { events };
        for middleware in &self.0 {
            let result = catch_unwind(AssertUnwindSafe(|| middleware.before_send(&mut new)));
            let result = result.unwrap_or_else(|panic| Err(panic_text(&*panic).into()));
            if let Err(error) = result {
                drop(new);
                let fresh = EventBuffer {
                    // No other reference to the bytes exists, so this does not copy them.
                    bytes: bytes.into(),
                    events: before,
                };
                let batch = Batch { fresh, requests };
                return Err(Box::new((batch, SendError::Middleware(error.into()))));
            }
        }

        let mut origins: Vec<_> = (0..resent).map(Some).collect();
        let mut discarded = Vec::new();
        let mut fresh = EventBuffer {
            bytes: Vec::with_capacity(bytes.len()),
            events: Vec::with_capacity(before.len()),
        };
        for (index, event) in prepared {
            outgoing((index, event)).write_to(&mut fresh);
            origins.push(Some(index));
        }
        for mut event in new.events {
            match (event.discarded.take(), event.origin) {
                (None, origin) => {
                    event.write_to(&mut fresh);
                    origins.push(origin);
                }
                (Some(reason), Some(index)) => discarded.push(Discarded {
                    index,
                    rejection: Rejection {
                        event_name: event.meta.shared_name(),
                        dedup_id: event.dedup_id().and_then(|id| DedupId::new(&id)),
                        error: Arc::new(SendError::Discarded { reason }),
                    },
                }),
                // One middleware added the event and another discarded it.
                (Some(_), None) => {}
            }
        }
        Ok(Prepared {
            batch: Batch { fresh, requests },
            mapping: Mapping {
                events: resent + before.len(),
                origins,
                discarded,
            },
        })
    }

    /// Reports outcomes to all middleware.
    pub(crate) fn report(&self, events: &[SentEvent<'_>]) {
        for middleware in &self.0 {
            guarded("`Middleware::after_send`", || middleware.after_send(events));
        }
    }
}

/// Calls a user's hook and logs a panic, so that a panic cannot lose events.
pub(crate) fn guarded(what: &str, call: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
        let panic = panic_text(&*panic);
        tracing::error!("{what} failed: {panic}");
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", text.unwrap_or("without a message"))
}
