//! A batch of new events and requests to resend.

#[cfg(feature = "client")]
use std::borrow::Cow;
use std::fmt;

#[cfg(feature = "client")]
use crate::delivery::event_counts::EventCounts;
#[cfg(feature = "client")]
use crate::delivery::request::EventRequest;
#[cfg(feature = "client")]
use crate::delivery::stored::{self, BatchBytesError, EventReader, Unreadable};
#[cfg(feature = "client")]
use crate::delivery::stored_request::StoredRequest;
#[cfg(feature = "client")]
use crate::encode::buffer::EventMeta;
use crate::encode::buffer::{EncodedEvent, EventBuffer};
use crate::error::{PayloadError, PayloadErrorKind};
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
#[derive(Clone, Default)]
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

    /// Adds an event, a reference to an event, a payload or a raw event.
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
        let event = event.__encode(&mut self.fresh.bytes, now);
        let event = event.map_err(|error| error.at(self.len()))?;
        self.fresh.events.push(event);
        Ok(())
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
        // The size hint may be wrong.
        let expected = events.size_hint().0.min(1 << 16);
        self.fresh.events.reserve(expected);
        let now = now();
        events.try_for_each(|event| self.push_at(event, || now))
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

    /// Checks the size of the new events. The client does the same with its
    /// [`max_event_bytes`](crate::ClientBuilder::max_event_bytes).
    ///
    /// # Errors
    ///
    /// The first event whose JSON has more than `max_event_bytes` bytes.
    pub fn check_sizes(&self, max_event_bytes: usize) -> Result<(), PayloadError> {
        let too_large = |event: &EncodedEvent| event.json().len() > max_event_bytes;
        match self.fresh.events.iter().position(too_large) {
            None => Ok(()),
            Some(index) => {
                let event = self.fresh.events.get(index);
                let kind = PayloadErrorKind::TooLarge {
                    bytes: event.map_or(0, |event| event.json().len()),
                    limit: max_event_bytes,
                };
                let name = event.map_or("", |event| event.meta.name());
                Err(PayloadError::new(name, "", kind).at(self.resent_len() + index))
            }
        }
    }

    /// The number of events in the requests.
    #[cfg_attr(not(feature = "client"), expect(clippy::unused_self))]
    pub(crate) fn resent_len(&self) -> usize {
        #[cfg(feature = "client")]
        return self.requests.iter().map(EventRequest::len).sum();
        #[cfg(not(feature = "client"))]
        0
    }

    #[cfg_attr(not(feature = "client"), expect(clippy::unused_self))]
    fn resent_json(&self) -> impl Iterator<Item = &[u8]> {
        #[cfg(feature = "client")]
        return self.requests.iter().flat_map(EventRequest::json);
        #[cfg(not(feature = "client"))]
        std::iter::empty()
    }
}

#[cfg(feature = "client")]
impl Batch {
    /// Encodes the batch as bytes, which another process can decode and send later.
    ///
    /// For events of earlier requests, the bytes also contain the event ids and whether the server
    /// may have the events. So no event runs twice within 24 hours, or 30 minutes for functions with
    /// `batchEvents`. The bytes contain the events as plain text, but not the event key.
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

    /// The requests that the server may not have accepted. The client resends them unchanged, before
    /// the new events. [`Client::cut`](crate::Client::cut) turns new events into requests.
    pub fn requests(&self) -> impl Iterator<Item = StoredRequest<'_>> {
        self.requests.iter().map(StoredRequest::of)
    }

    /// Adds a stored request. Middleware does not see its events again.
    ///
    /// # Errors
    ///
    /// The request has no events or an invalid seed, or an event is not JSON with a name. The batch
    /// stays unchanged.
    pub fn push_request(&mut self, request: &StoredRequest<'_>) -> Result<(), BatchBytesError> {
        self.requests
            .push(request.read().map_err(Unreadable::request)?);
        Ok(())
    }

    /// Adds an event that is already JSON, for example from a database. Its numbers and the size of
    /// its parts are not checked.
    ///
    /// # Errors
    ///
    /// The text is not a JSON object with a name, or its id is not a non-empty string. The batch stays
    /// unchanged.
    pub fn push_json(&mut self, event: &str) -> Result<(), BatchBytesError> {
        let read = EventReader::default().read_into(&mut self.fresh, event.as_bytes(), false);
        read.map_err(Unreadable::event)
    }

    /// The event name of each event, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.metas().map(EventMeta::name)
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

    /// The names and versions of the events, in order.
    pub(crate) fn metas(&self) -> impl Iterator<Item = &EventMeta> {
        let requests = self.requests.iter().flat_map(EventRequest::events);
        requests.chain(&self.fresh.events).map(|event| &event.meta)
    }

    /// The deduplication id of each event, in order.
    pub fn dedup_ids(&self) -> impl Iterator<Item = Option<Cow<'_, str>>> {
        let requests = self.requests.iter().flat_map(EventRequest::dedup_ids);
        let fresh = self.fresh.events.iter();
        requests.chain(fresh.map(|event| event.dedup_id(&self.fresh.bytes)))
    }
}

/// How many deduplication ids `Debug` shows.
#[cfg(feature = "client")]
const SHOWN_IDS: usize = 10;

/// Shows the number of events, their names and the first deduplication ids. The data may be
/// personal, so it is not shown.
impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut batch = f.debug_struct("Batch");
        batch.field("events", &self.len());
        #[cfg(feature = "client")]
        {
            let names = EventCounts::of(self.metas().map(EventMeta::name));
            let ids: Vec<_> = self.dedup_ids().flatten().take(SHOWN_IDS).collect();
            batch.field("names", &format_args!("{names}"));
            batch.field("dedup_ids", &ids);
        }
        batch.finish_non_exhaustive()
    }
}
