//! A batch: events that no request holds yet, and requests to resend.

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

/// Events of any mix of types, checked and serialized into one buffer.
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
    /// Come after the events of all requests.
    pub(crate) fresh: EventBuffer,
    /// Requests that were not delivered for certain, to be sent again exactly as they were.
    #[cfg(feature = "client")]
    pub(crate) requests: Vec<EventRequest>,
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event, a reference to one, or a payload.
    ///
    /// # Errors
    ///
    /// The server would refuse the event, or take and change it. The batch stays as it was.
    pub fn push<P: IntoPayload>(&mut self, event: P) -> Result<(), PayloadError> {
        self.push_at(event, now)
    }

    /// Adds an event that occurred at `now` unless it has a time of its own. Reading the clock
    /// takes a good part of the time that writing an event does.
    #[inline]
    pub(crate) fn push_at<P: IntoPayload>(
        &mut self,
        event: P,
        now: impl FnOnce() -> i64,
    ) -> Result<(), PayloadError> {
        let pushed = self.fresh.push(event, now);
        pushed.map_err(|error| error.at(self.len()))
    }

    /// Adds all events of an iterator, in order. Events without a time of their own occurred when
    /// this is called.
    ///
    /// # Errors
    ///
    /// The first event that the server would refuse or change; the error's index is its place in
    /// this batch. The batch keeps the events before it.
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

    /// Makes room for the events of an iterator. Their number is only the iterator's guess, so the
    /// room is bounded.
    pub(crate) fn make_room_for(&mut self, events: &impl Iterator) {
        self.fresh.events.reserve(events.size_hint().0.min(1 << 16));
    }

    /// How many events it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.resent_len() + self.fresh.events.len()
    }

    /// Whether it holds no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The JSON of each event, in order, as it is sent.
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
    /// The batch as bytes, to keep in a file or a database until another process sends it.
    ///
    /// The bytes hold all events, and for events of earlier requests the event ids and whether the
    /// server may have them. So [`from_bytes`](Self::from_bytes) and a send do what a send of this
    /// batch would have done: no event runs twice within the 24 hours for which the server knows
    /// ids. For functions with `batchEvents` that is 30 minutes.
    ///
    /// The bytes hold the data of the events as text, and no event key.
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

    /// The batch that [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    ///
    /// The bytes are not a batch, they are damaged or cut off, or a newer version of this library
    /// wrote them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BatchBytesError> {
        let (requests, fresh) = stored::read(bytes)?;
        Ok(Self { fresh, requests })
    }

    /// The batch of requests to resend.
    pub(crate) fn of_requests(requests: Vec<EventRequest>) -> Self {
        Self {
            requests,
            ..Self::default()
        }
    }

    /// The batch of events that no request holds.
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

    /// How many events the requests hold.
    pub(crate) fn resent_len(&self) -> usize {
        self.requests.iter().map(EventRequest::len).sum()
    }

    fn resent_json(&self) -> impl Iterator<Item = &[u8]> {
        self.requests.iter().flat_map(EventRequest::json)
    }

    /// The names of the events, in order.
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
