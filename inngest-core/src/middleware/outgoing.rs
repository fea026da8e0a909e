//! The middleware trait, and the events that it is shown.

use bytes::Bytes;

use crate::delivery::outcome::Outcome;
use crate::encode::buffer;
use crate::error::PayloadError;
use crate::event::into_payload::IntoPayload;
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
/// It is shown the events that go out together: all of a [`Batch`](crate::Batch), or as many events of an
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
    /// Then none of these events is sent, and the sender gets [`SendError::Middleware`](crate::SendError::Middleware). A panic is
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
    pub name: &'a str,
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
    pub(crate) fn of(events: Vec<OutgoingEvent>) -> Self {
        Self { events }
    }

    /// All events, including discarded ones.
    pub(crate) fn into_events(self) -> Vec<OutgoingEvent> {
        self.events
    }

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
        let mut bytes = Vec::new();
        let event = buffer::append(&mut bytes, event, now)?;
        let json = Bytes::from(bytes).slice(event.json());
        self.events.push(OutgoingEvent::new(None, &event, json));
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
