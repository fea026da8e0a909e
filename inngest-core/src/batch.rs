//! Any mix of events, already serialized.

#[cfg(feature = "client")]
use std::borrow::Cow;
use std::ops::Range;

use crate::encode;
use crate::error::{PayloadError, PayloadErrorKind};
use crate::event::Event;
use crate::event::payload::{IntoPayload, ToWrite};
use crate::event::timestamp::now;
#[cfg(feature = "client")]
use crate::middleware::event::Written;

/// Events on their way out: any mix of types, serialized into one buffer and checked.
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
    /// For each event `,{…}` and a line break: the byte before and the byte after an event are
    /// where a request that begins or ends with it has its bracket, so a request's body is a
    /// slice of this buffer.
    pub(crate) buffer: Vec<u8>,
    pub(crate) entries: Vec<Entry>,
    /// Events of earlier requests, to be sent again just as they were.
    #[cfg(feature = "client")]
    pub(crate) pinned: Vec<crate::delivery::request::Chunk>,
}

/// What all events of a type share.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) version: Option<&'static str>,
}

/// One event of a batch. It is small, because a batch has one for each of many events.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "client"),
    expect(dead_code, reason = "only the client asks for all")
)]
pub(crate) struct Entry {
    pub(crate) shape: &'static Shape,
    /// Where its JSON begins in the buffer.
    start: usize,
    bytes: u32,
    /// Where its deduplication id begins in its JSON, without the quotes.
    id_start: u32,
    /// 0 where it has none.
    id_bytes: u32,
    /// Whether all middleware has seen it.
    pub(crate) prepared: bool,
}

impl Entry {
    /// The event at this place of a buffer; `None` when it is larger than any server takes.
    #[inline]
    fn new(shape: &'static Shape, json: Range<usize>, id: Option<Range<usize>>) -> Option<Self> {
        let id = id.unwrap_or(json.start..json.start);
        Some(Self {
            shape,
            start: json.start,
            bytes: u32::try_from(json.len()).ok()?,
            id_start: u32::try_from(id.start - json.start).ok()?,
            id_bytes: u32::try_from(id.len()).ok()?,
            prepared: false,
        })
    }

    /// Where its JSON stands in the buffer.
    pub(crate) fn json(&self) -> Range<usize> {
        self.start..self.start + self.bytes as usize
    }
}

#[cfg(feature = "client")]
impl Entry {
    pub(crate) fn name(&self) -> &'static str {
        self.shape.name
    }

    /// How long its deduplication id is in the buffer; 0 where it has none.
    pub(crate) fn id_bytes(&self) -> u32 {
        self.id_bytes
    }

    /// Where its deduplication id stands in the buffer, without the quotes.
    pub(crate) fn id(&self) -> Option<Range<usize>> {
        let start = self.start + self.id_start as usize;
        (self.id_bytes > 0).then(|| start..start + self.id_bytes as usize)
    }

    /// The event's deduplication id, from the buffer in which the event stands.
    pub(crate) fn dedup_id<'a>(&self, buffer: &'a [u8]) -> Option<Cow<'a, str>> {
        let id = self.id()?;
        let text = buffer.get(id.clone())?;
        if text.contains(&b'\\') {
            // With the quotes around it, it is a JSON string.
            let quoted = buffer.get(id.start - 1..id.end + 1)?;
            serde_json::from_slice(quoted).ok().map(Cow::Owned)
        } else {
            str::from_utf8(text).ok().map(Cow::Borrowed)
        }
    }
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
    /// The server would refuse the event, or take and change it. The batch is then what it was.
    pub fn push<P: IntoPayload>(&mut self, event: P) -> Result<(), PayloadError> {
        self.push_at(event, now)
    }

    /// Adds an event, which occurred at `now` unless it says otherwise. Reading the clock takes a
    /// good part of the time that writing an event does.
    #[inline]
    pub(crate) fn push_at<P: IntoPayload>(
        &mut self,
        event: P,
        now: impl FnOnce() -> i64,
    ) -> Result<(), PayloadError> {
        match append(&mut self.buffer, event, now) {
            Ok(entry) => {
                self.entries.push(entry);
                Ok(())
            }
            Err(error) => Err(error.at(self.len())),
        }
    }

    /// Adds all events of an iterator, in order. Those without a time of their own occurred when
    /// this is called.
    ///
    /// # Errors
    ///
    /// The first event that the server would refuse or change; the error's index is its place in
    /// this batch. The events before it are in the batch, it and those after it are not.
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

    /// Makes room for the events of an iterator. How many there are is only its guess, so that the
    /// room is bounded.
    fn make_room_for(&mut self, events: &impl Iterator) {
        self.entries.reserve(events.size_hint().0.min(1 << 16));
    }

    /// Adds the events of another batch.
    #[cfg(feature = "client")]
    pub(crate) fn append(&mut self, other: Self) {
        let offset = self.buffer.len();
        self.buffer.extend_from_slice(&other.buffer);
        self.entries
            .extend(other.entries.into_iter().map(|mut entry| {
                entry.start += offset;
                entry
            }));
        self.pinned.extend(other.pinned);
    }

    /// Takes the last event out, as a batch of its own.
    #[cfg(feature = "client")]
    pub(crate) fn split_last(&mut self) -> Self {
        let Some(mut entry) = self.entries.pop() else {
            return Self::default();
        };
        // With the comma before it.
        let buffer = self.buffer.split_off(entry.start - 1);
        entry.start = 1;
        Self::of_one(buffer, entry)
    }

    /// The batch of the event that stands in a buffer.
    #[cfg(feature = "client")]
    pub(crate) fn of_one(buffer: Vec<u8>, entry: Entry) -> Self {
        Self {
            buffer,
            entries: vec![entry],
            ..Self::default()
        }
    }

    /// Adds an event that all middleware has seen.
    #[cfg(feature = "client")]
    pub(crate) fn push_written(&mut self, event: Written) {
        self.buffer.push(b',');
        let start = self.buffer.len();
        self.buffer.extend_from_slice(&event.json);
        let json = start..self.buffer.len();
        let id = event.id.map(|id| id.start + start..id.end + start);
        // What is larger than any entry can be was refused when it was written.
        self.entries
            .extend(Entry::new(event.shape, json, id).map(|entry| Entry {
                prepared: true,
                ..entry
            }));
        self.buffer.push(b'\n');
    }

    /// The names of the events, in order.
    #[cfg(feature = "client")]
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        let pinned = self
            .pinned
            .iter()
            .flat_map(crate::delivery::request::Chunk::open_names);
        pinned.chain(self.entries.iter().map(Entry::name))
    }

    /// How many events it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len() + self.pinned_len()
    }

    /// Whether it holds no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The JSON of each event, in order, as it is sent.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        let open = self
            .entries
            .iter()
            .filter_map(|entry| self.buffer.get(entry.json()));
        self.pinned_events()
            .chain(open)
            .filter_map(|json| std::str::from_utf8(json).ok())
    }

    /// The deduplication id of each event, in order.
    #[cfg(feature = "client")]
    pub(crate) fn dedup_ids(&self) -> impl Iterator<Item = Option<Cow<'_, str>>> {
        let pinned = self
            .pinned
            .iter()
            .flat_map(crate::delivery::request::Chunk::open_dedup_ids);
        let open = self
            .entries
            .iter()
            .map(|entry| entry.dedup_id(&self.buffer));
        pinned.chain(open)
    }

    #[cfg(feature = "client")]
    pub(crate) fn pinned_len(&self) -> usize {
        self.pinned.iter().map(|chunk| chunk.open().len()).sum()
    }

    #[cfg(not(feature = "client"))]
    #[expect(clippy::unused_self, reason = "the client is what pins events")]
    fn pinned_len(&self) -> usize {
        0
    }

    #[cfg(feature = "client")]
    fn pinned_events(&self) -> impl Iterator<Item = &[u8]> {
        self.pinned
            .iter()
            .flat_map(crate::delivery::request::Chunk::open_events)
    }

    #[cfg(not(feature = "client"))]
    #[expect(clippy::unused_self, reason = "the client is what pins events")]
    fn pinned_events(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::empty()
    }
}

/// A buffer that becomes what it was, unless what is written into it is kept.
struct Unkept<'a> {
    buffer: &'a mut Vec<u8>,
    before: usize,
}

impl<'a> Unkept<'a> {
    fn new(buffer: &'a mut Vec<u8>) -> Self {
        let before = buffer.len();
        Self { buffer, before }
    }

    fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unkept<'_> {
    fn drop(&mut self) {
        self.buffer.truncate(self.before);
    }
}

/// Writes an event into a buffer as [`Batch::buffer`] has it. On an error the buffer is what it was,
/// and also when a `Serialize` of the user panics, which its caller may catch.
#[inline]
pub(crate) fn append<P: IntoPayload>(
    buffer: &mut Vec<u8>,
    event: P,
    now: impl FnOnce() -> i64,
) -> Result<Entry, PayloadError> {
    event.__write(now, |event| append_written(buffer, event))
}

#[inline]
fn append_written<E: Event>(
    buffer: &mut Vec<u8>,
    event: &ToWrite<'_, E>,
) -> Result<Entry, PayloadError> {
    let unkept = Unkept::new(buffer);
    let buffer = &mut *unkept.buffer;
    buffer.push(b',');
    let start = buffer.len();
    let shape = const {
        &Shape {
            name: E::NAME,
            version: E::VERSION,
        }
    };
    let entry = encode::write_event(buffer, event).and_then(|id| {
        let json = start..buffer.len();
        let bytes = json.len();
        buffer.push(b'\n');
        Entry::new(shape, json, id).ok_or_else(|| {
            let limit = u32::MAX as usize;
            PayloadError::new(E::NAME, "", PayloadErrorKind::TooLarge { bytes, limit })
        })
    });
    if entry.is_ok() {
        unkept.keep();
    }
    entry
}

/// Any number of events: a [`Batch`], or anything that iterates over events, references to events,
/// or payloads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent: it is neither a batch nor an iterator over events",
    label = "not a collection of events",
    note = "give a `Batch`, or anything that iterates over types with `#[derive(Event)]`"
)]
pub trait IntoBatch {
    /// The events that can be sent, and those that cannot with their places in the whole.
    #[doc(hidden)]
    fn into_batch(self) -> (Batch, Vec<PayloadError>);
}

impl IntoBatch for Batch {
    fn into_batch(self) -> (Batch, Vec<PayloadError>) {
        (self, Vec::new())
    }
}

impl<I> IntoBatch for I
where
    I: IntoIterator,
    I::Item: IntoPayload,
{
    fn into_batch(self) -> (Batch, Vec<PayloadError>) {
        let mut batch = Batch::new();
        let mut refused = Vec::new();
        let events = self.into_iter();
        batch.make_room_for(&events);
        let now = now();
        for (index, event) in events.enumerate() {
            if let Err(error) = batch.push_at(event, || now) {
                refused.push(error.at(index));
            }
        }
        (batch, refused)
    }
}
