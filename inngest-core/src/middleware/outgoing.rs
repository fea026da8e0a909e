//! The middleware trait and the events that it receives.

use bytes::Bytes;

use crate::delivery::outcome::Outcome;
use crate::error::PayloadError;
use crate::event::into_payload::IntoPayload;
use crate::event::timestamp::now;
use crate::middleware::event::OutgoingEvent;

/// Runs user code on events before they are sent, and on their outcomes afterwards.
///
/// Middleware runs in registration order, both before and after a send. Each middleware sees the
/// changes of the middleware before it. It sees each event once, however often the client retries,
/// and does not run for the events of [`BatchError::into_unsent`](crate::BatchError::into_unsent),
/// which are resent byte for byte. Middleware runs inside the future that sends, so it must not
/// block. Do slow work, such as fetching a key, beforehand.
///
/// It receives events in groups: all events of a [`Batch`](crate::Batch), or the events that the
/// client reads from an iterator or a stream for one request. A [buffered](crate::Client::buffered)
/// sender passes each event alone when it is added.
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
/// /// Adds the region of an event.
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
    /// Changes events before they are sent. It may also add and discard events.
    ///
    /// The client checks all changes like the original events, so no middleware can send an event
    /// that the server would refuse or change.
    ///
    /// # Errors
    ///
    /// The client sends none of these events, and the caller gets
    /// [`SendError::Middleware`](crate::SendError::Middleware). A panic counts as an error.
    fn before_send(
        &self,
        events: &mut Outgoing,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let _ = events;
        Ok(())
    }

    /// Receives the outcomes of the events, including events that middleware added or discarded,
    /// and events refused before the send.
    ///
    /// It is not called if the future that sends is dropped before it completes.
    fn after_send(&self, events: &[SentEvent<'_>]) {
        let _ = events;
    }
}

/// The outcome of an event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SentEvent<'a> {
    /// The event name.
    pub name: &'a str,
    /// Whether a middleware added the event.
    pub added: bool,
    /// The receipt or the error.
    pub outcome: &'a Outcome,
}

/// Events before they are sent, in order. Discarded events are left out.
#[derive(Debug, Default)]
pub struct Outgoing {
    /// All events, including discarded ones.
    pub(crate) events: Vec<OutgoingEvent>,
}

impl Outgoing {
    /// The number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Iterates over the events.
    pub fn iter(&self) -> impl Iterator<Item = &OutgoingEvent> {
        let events = self.events.iter();
        events.filter(|event| event.discarded.is_none())
    }

    /// Iterates over the events to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut OutgoingEvent> {
        let events = self.events.iter_mut();
        events.filter(|event| event.discarded.is_none())
    }

    /// Appends an event, a reference to an event, or a payload.
    ///
    /// The caller gets no receipt for it. If the server does not accept it, the client logs a
    /// warning, and [`Middleware::after_send`] receives the error.
    ///
    /// # Errors
    ///
    /// The server would refuse the event or change it.
    pub fn push<P: IntoPayload>(&mut self, event: P) -> Result<(), PayloadError> {
        let mut bytes = Vec::new();
        let event = event.__encode(&mut bytes, now)?;
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
