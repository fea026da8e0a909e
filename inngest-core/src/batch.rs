//! A batch of new events and of requests to resend.

#[cfg(feature = "client")]
use std::borrow::Cow;

#[cfg(feature = "client")]
use crate::delivery::request::EventRequest;
#[cfg(feature = "client")]
use crate::delivery::stored::{self, BatchBytesError};
use crate::encode::buffer::EventBuffer;
#[cfg(feature = "client")]
use crate::encode::buffer::EventMeta;
use crate::error::PayloadError;
use crate::event::into_payload::IntoPayload;
use crate::event::timestamp::now;

/// A batch of events of any types, checked and serialized into one buffer.
///
/// ```
/// use inngest_core::{Batch, Event};
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "storefront/coupon.used")]
/// struct CouponUsed {
///     code: String,
/// }
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "storefront/cart.cleared")]
/// struct CartCleared {}
///
/// let mut batch = Batch::new();
/// batch.push(&CouponUsed { code: "WELCOME".into() })?;
/// batch.push(CartCleared {})?;
/// assert_eq!(batch.len(), 2);
/// # Ok::<(), inngest_core::PayloadError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// New events. They come after the events of all requests.
    pub(crate) fresh: EventBuffer,
    /// Requests that the server may not have accepted. The client resends them unchanged.
    #[cfg(feature = "client")]
    pub(crate) requests: Vec<EventRequest>,
}

impl Batch {
    /// Creates an empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event, a reference to an event, or a payload.
    ///
    /// # Errors
    ///
    /// The server would refuse the event or change it. The batch stays unchanged.
    pub fn push<P: IntoPayload>(&mut self, event: P) -> Result<(), PayloadError> {
        self.push_at(event, now)
    }

    /// Adds an event and calls `now` only if the event has no time. Reading the clock takes a large
    /// part of the time needed to encode an event.
    #[inline]
    pub(crate) fn push_at<P: IntoPayload>(
        &mut self,
        event: P,
        now: impl FnOnce() -> i64,
    ) -> Result<(), PayloadError> {
        let pushed = self.fresh.push(event, now);
        pushed.map_err(|error| error.at(self.len()))
    }

    /// Adds all events of an iterator, in order. An event without a time gets the time of this
    /// call.
    ///
    /// # Errors
    ///
    /// The first event that the server would refuse or change. The error's index is the event's
    /// index in this batch. The batch keeps the events before it.
    pub fn extend<I>(&mut self, events: I) -> Result<(), PayloadError>
    where
        I: IntoIterator,
        I::Item: IntoPayload,
    {
        let mut events = events.into_iter();
        self.make_room_for(&events);
        let now = now();
        events.try_for_each(|event| self.push_at(event, || now))
    }

    /// Reserves capacity for the events of an iterator, up to a limit, because the size hint may be
    /// wrong.
    pub(crate) fn make_room_for(&mut self, events: &impl Iterator) {
        self.fresh.events.reserve(events.size_hint().0.min(1 << 16));
    }

    /// The number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.resent_len() + self.fresh.events.len()
    }

    /// Whether the batch contains no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The JSON of each event, in order and exactly as sent.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.resent_json()
            .chain(self.fresh.json())
            .filter_map(|json| str::from_utf8(json).ok())
    }

    #[cfg(not(feature = "client"))]
    #[expect(clippy::unused_self, reason = "only the client resends requests")]
    fn resent_len(&self) -> usize {
        0
    }

    #[cfg(not(feature = "client"))]
    #[expect(clippy::unused_self, reason = "only the client resends requests")]
    fn resent_json(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::empty()
    }
}

#[cfg(feature = "client")]
impl Batch {
    /// Encodes the batch as bytes, which can be stored in a file or a database until another
    /// process sends them.
    ///
    /// The bytes contain all events. For events of earlier requests, they also contain the event
    /// ids and whether the server may have the events. A restored batch is sent exactly like this
    /// one, so no event runs twice within 24 hours. For functions with `batchEvents`, the window is
    /// 30 minutes.
    ///
    /// The bytes contain the data of the events as plain text. They do not contain the event key.
    ///
    /// ```
    /// use inngest_core::{Batch, Event};
    /// use schemars::JsonSchema;
    /// use serde::Serialize;
    ///
    /// #[derive(Serialize, JsonSchema, Event)]
    /// #[event(name = "storefront/cart.cleared")]
    /// struct CartCleared {}
    ///
    /// let mut batch = Batch::new();
    /// batch.push(CartCleared {})?;
    /// let restored = Batch::from_bytes(&batch.to_bytes())?;
    /// assert!(restored.events().eq(batch.events()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        stored::write(&self.requests, &self.fresh)
    }

    /// Decodes a batch that [`to_bytes`](Self::to_bytes) encoded.
    ///
    /// # Errors
    ///
    /// The bytes are not a batch, they are damaged or truncated, or a newer version of this library
    /// wrote them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BatchBytesError> {
        let (requests, fresh) = stored::read(bytes)?;
        Ok(Self { fresh, requests })
    }

    /// Creates a batch of requests to resend.
    pub(crate) fn of_requests(requests: Vec<EventRequest>) -> Self {
        Self {
            requests,
            ..Self::default()
        }
    }

    /// Creates a batch of new events.
    pub(crate) fn of_fresh(fresh: EventBuffer) -> Self {
        Self {
            fresh,
            ..Self::default()
        }
    }

    /// Adds the events of another batch.
    pub(crate) fn append(&mut self, other: Self) {
        self.fresh.append(other.fresh);
        self.requests.extend(other.requests);
    }

    /// The number of events in the requests.
    pub(crate) fn resent_len(&self) -> usize {
        self.requests.iter().map(EventRequest::len).sum()
    }

    fn resent_json(&self) -> impl Iterator<Item = &[u8]> {
        self.requests.iter().flat_map(EventRequest::json)
    }

    /// The event names, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.metas().map(EventMeta::name)
    }

    /// The names and versions of the events, in order.
    pub(crate) fn metas(&self) -> impl Iterator<Item = &EventMeta> {
        let requests = self.requests.iter().flat_map(EventRequest::events);
        requests.chain(&self.fresh.events).map(|event| &event.meta)
    }

    /// The deduplication id of each event, in order.
    pub(crate) fn dedup_ids(&self) -> impl Iterator<Item = Option<Cow<'_, str>>> {
        let requests = self.requests.iter().flat_map(EventRequest::dedup_ids);
        let fresh = self.fresh.events.iter();
        requests.chain(fresh.map(|event| event.dedup_id(&self.fresh.bytes)))
    }
}
