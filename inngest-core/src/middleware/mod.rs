//! Code of the user that sees every event before and after it is sent.

pub(crate) mod event;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;

use crate::batch::{self, Batch, Entry};
use crate::delivery::error::{Outcome, SendError};
use crate::error::PayloadError;
use crate::event::payload::IntoPayload;
use crate::event::timestamp::now;
use crate::middleware::event::OutgoingEvent;

/// Sees events before they are sent and what became of them after.
///
/// Middleware runs in the order in which it was registered, before and after; each sees what those
/// before it made of the events. It runs once for each event, however often a request is made
/// again, and not at all for what [`BatchError::into_unsent`](crate::BatchError::into_unsent)
/// gave back: that stays, byte for byte, what it was. It runs inside the future that sends, so it
/// must not block; what takes time, such as fetching a key, is done before.
///
/// It is shown the events that go out together: all of a [`Batch`], or as many events of an
/// iterator or a stream as are read for a request. A [buffered](crate::Client::buffered) sender
/// shows events one by one, as it takes them in.
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use std::error::Error;
///
/// use inngest_core::middleware::{Middleware, Outgoing, SentEvent};
/// use inngest_core::{Client, Event, testing::EventServer};
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// /// Says which region an event comes from.
/// struct Region(&'static str);
///
/// impl Middleware for Region {
///     fn before_send(&self, events: &mut Outgoing) -> Result<(), Box<dyn Error + Send + Sync>> {
///         for event in events {
///             event.set_field("region", self.0)?;
///         }
///         Ok(())
///     }
///
///     fn after_send(&self, events: &[SentEvent<'_>]) {
///         for event in events {
///             if let Some(error) = event.outcome.error() {
///                 eprintln!("{}: {error}", event.name);
///             }
///         }
///     }
/// }
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "storefront/cart.cleared")]
/// struct CartCleared {}
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let server = EventServer::start()?;
/// let builder = Client::builder().dev(true).base_url(server.url());
/// let client = builder.middleware(Region("eu")).build()?;
/// client.send(CartCleared {}).await?;
/// assert_eq!(server.events()[0].data["region"], "eu");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Middleware: Send + Sync + 'static {
    /// Called with events that are about to be sent. It may change them, add some and discard some.
    ///
    /// Whatever it does is checked as the events themselves are, so that nothing leaves which the
    /// server would refuse or change.
    ///
    /// # Errors
    ///
    /// Then none of these events is sent, and the sender gets [`SendError::Middleware`]. A panic is
    /// taken as an error.
    fn before_send(
        &self,
        events: &mut Outgoing,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let _ = events;
        Ok(())
    }

    /// Called when it is known what became of the events, with those that middleware added or
    /// discarded, and those that were refused before they were sent.
    ///
    /// It is not called when the future that sends is dropped before its end.
    fn after_send(&self, events: &[SentEvent<'_>]) {
        let _ = events;
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SentEvent<'a> {
    /// The event name.
    pub name: &'static str,
    /// Whether a middleware added it.
    pub added: bool,
    /// Its receipt, or why there is none.
    pub outcome: &'a Outcome,
}

/// Events that are about to be sent, in order. Those that a middleware discarded are not among
/// them.
#[derive(Debug, Default)]
pub struct Outgoing {
    events: Vec<OutgoingEvent>,
}

impl Outgoing {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The events.
    pub fn iter(&self) -> impl Iterator<Item = &OutgoingEvent> {
        self.events.iter().filter(|event| event.is_kept())
    }

    /// The events, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut OutgoingEvent> {
        self.events.iter_mut().filter(|event| event.is_kept())
    }

    /// Adds an event after the others: an event, a reference to one, or a payload.
    ///
    /// The one who sends gets no receipt for it; when it is not delivered, `tracing` has a warning,
    /// and [`Middleware::after_send`] sees why.
    ///
    /// # Errors
    ///
    /// The server would refuse the event, or take and change it.
    pub fn push<P: IntoPayload>(&mut self, event: P) -> Result<(), PayloadError> {
        let mut buffer = Vec::new();
        let entry = batch::append(&mut buffer, event, now)?;
        let json = Bytes::from(buffer).slice(entry.json());
        self.events.push(OutgoingEvent::new(None, &entry, json));
        Ok(())
    }
}

impl<'a> IntoIterator for &'a mut Outgoing {
    type Item = &'a mut OutgoingEvent;
    type IntoIter = Box<dyn Iterator<Item = &'a mut OutgoingEvent> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter_mut())
    }
}

impl<'a> IntoIterator for &'a Outgoing {
    type Item = &'a OutgoingEvent;
    type IntoIter = Box<dyn Iterator<Item = &'a OutgoingEvent> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

/// All middleware of a client, in order.
#[derive(Clone, Default)]
pub(crate) struct Chain(Vec<Arc<dyn Middleware>>);

/// What middleware made of a batch.
pub(crate) struct Prepared {
    pub(crate) batch: Batch,
    /// For each event of the batch its place in the batch before, or `None` for one that was added.
    pub(crate) origins: Vec<Option<usize>>,
    /// Events of the batch before that are not in it, with their places there.
    pub(crate) discarded: Vec<Discarded>,
}

pub(crate) struct Discarded {
    pub(crate) place: usize,
    pub(crate) name: &'static str,
    pub(crate) error: SendError,
}

impl Chain {
    pub(crate) fn push(&mut self, middleware: impl Middleware) {
        self.0.push(Arc::new(middleware));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Shows the events of a batch to all middleware, but those that it has seen before.
    ///
    /// # Errors
    ///
    /// A middleware failed; the batch comes back as it was.
    pub(crate) fn prepare(&self, batch: Batch) -> Result<Prepared, Box<(Batch, SendError)>> {
        let Batch {
            buffer,
            entries,
            pinned,
        } = batch;
        let buffer = Bytes::from(buffer);
        let pinned_events: usize = pinned.iter().map(|chunk| chunk.open().len()).sum();
        let mut seen: Vec<(usize, &Entry)> = Vec::new();
        let mut outgoing = Outgoing::default();
        for (index, entry) in entries.iter().enumerate() {
            let place = pinned_events + index;
            if entry.prepared {
                seen.push((place, entry));
            } else {
                let json = buffer.slice(entry.json());
                let event = OutgoingEvent::new(Some(place), entry, json);
                outgoing.events.push(event);
            }
        }
        for middleware in &self.0 {
            let result = catch_unwind(AssertUnwindSafe(|| middleware.before_send(&mut outgoing)));
            let result = result.unwrap_or_else(|panic| Err(panic_text(&*panic).into()));
            if let Err(error) = result {
                drop(outgoing);
                let batch = Batch {
                    // Nothing else holds the buffer any more, so this copies nothing.
                    buffer: buffer.into(),
                    entries,
                    pinned,
                };
                return Err(Box::new((batch, SendError::Middleware(error.into()))));
            }
        }

        let mut origins: Vec<_> = (0..pinned_events).map(Some).collect();
        let mut discarded = Vec::new();
        let mut batch = Batch {
            buffer: Vec::with_capacity(buffer.len()),
            entries: Vec::with_capacity(entries.len()),
            pinned,
        };
        for (place, entry) in seen {
            let json = buffer.slice(entry.json());
            batch.push_written(OutgoingEvent::new(Some(place), entry, json).into_written());
            origins.push(Some(place));
        }
        for mut event in outgoing.events {
            match (event.take_discarded(), event.origin()) {
                (None, origin) => {
                    batch.push_written(event.into_written());
                    origins.push(origin);
                }
                (Some(reason), Some(place)) => discarded.push(Discarded {
                    place,
                    name: event.name(),
                    error: SendError::Discarded { reason },
                }),
                // One middleware added it and another discarded it.
                (Some(_), None) => {}
            }
        }
        Ok(Prepared {
            batch,
            origins,
            discarded,
        })
    }

    /// Tells all middleware what became of events.
    pub(crate) fn report(&self, events: &[SentEvent<'_>]) {
        for middleware in &self.0 {
            guarded("`Middleware::after_send`", || middleware.after_send(events));
        }
    }
}

/// Calls code of the user that is to take note of something. When it panics the events are not
/// lost with it.
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
    format!("it panicked: {}", text.unwrap_or("without a text"))
}
