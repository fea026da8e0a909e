//! Holds many encoded events back to back in one buffer.

#[cfg(feature = "client")]
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::encode::event::{Members, write_event};
use crate::error::{PayloadError, PayloadErrorKind};
use crate::event::EventInput;
use crate::event::event_type::EventType;

/// The name and version of an encoded event.
#[derive(Clone, Debug)]
pub(crate) enum EventMeta {
    /// The event's Rust type is part of this program.
    Typed(&'static EventType),
    /// The event is a `RawEvent`, or was read back from stored bytes, which another program may
    /// have written.
    Untyped(Arc<UntypedMeta>),
}

/// The name and version of one event.
#[derive(Debug)]
pub(crate) struct UntypedMeta {
    pub(crate) name: Box<str>,
    pub(crate) version: Option<Box<str>>,
}

#[cfg_attr(
    not(feature = "client"),
    expect(dead_code, reason = "only the client calls it")
)]
impl EventMeta {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Typed(meta) => meta.name,
            Self::Untyped(meta) => &meta.name,
        }
    }

    /// The name, in a form that can outlive the event.
    #[cfg(feature = "client")]
    pub(crate) fn shared_name(&self) -> Cow<'static, str> {
        match self {
            Self::Typed(event_type) => Cow::Borrowed(event_type.name),
            Self::Untyped(meta) => Cow::Owned(meta.name.to_string()),
        }
    }

    pub(crate) fn version(&self) -> Option<&str> {
        match self {
            Self::Typed(meta) => meta.version(),
            Self::Untyped(meta) => meta.version.as_deref(),
        }
    }
}

/// Where one event is in a buffer. A batch has one of these for each event, so it is small.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "client"),
    expect(dead_code, reason = "only the client reads it")
)]
#[doc(hidden)]
pub struct EncodedEvent {
    pub(crate) meta: EventMeta,
    /// Where the event's JSON begins in the buffer.
    start: usize,
    bytes: u32,
    /// Where the deduplication id begins in the event's JSON, without the quotes.
    id_start: u32,
    /// 0 if the event has no deduplication id.
    id_bytes: u32,
    /// Whether every middleware has processed the event.
    pub(crate) prepared: bool,
}

impl EncodedEvent {
    /// The event at `json` in a buffer. `None` if the event is larger than any server accepts.
    #[inline]
    pub(crate) fn new(
        meta: EventMeta,
        json: Range<usize>,
        id: Option<Range<usize>>,
    ) -> Option<Self> {
        let id = id.unwrap_or(json.start..json.start);
        Some(Self {
            meta,
            start: json.start,
            bytes: u32::try_from(json.len()).ok()?,
            id_start: u32::try_from(id.start - json.start).ok()?,
            id_bytes: u32::try_from(id.len()).ok()?,
            prepared: false,
        })
    }

    /// The range of the event's JSON in the buffer.
    pub(crate) fn json(&self) -> Range<usize> {
        self.start..self.start + self.bytes as usize
    }
}

#[cfg(feature = "client")]
impl EncodedEvent {
    pub(crate) fn name(&self) -> &str {
        self.meta.name()
    }

    /// The length of the deduplication id in the buffer; 0 if the event has none.
    pub(crate) fn id_bytes(&self) -> u32 {
        self.id_bytes
    }

    /// The range of the deduplication id in the buffer, without the quotes.
    pub(crate) fn id(&self) -> Option<Range<usize>> {
        let start = self.start + self.id_start as usize;
        (self.id_bytes > 0).then(|| start..start + self.id_bytes as usize)
    }

    /// The deduplication id, read from the buffer that holds the event.
    pub(crate) fn dedup_id<'a>(&self, buffer: &'a [u8]) -> Option<Cow<'a, str>> {
        let id = self.id()?;
        let text = buffer.get(id.clone())?;
        if text.contains(&b'\\') {
            // The id with its quotes is a JSON string.
            let quoted = buffer.get(id.start - 1..id.end + 1)?;
            serde_json::from_slice(quoted).ok().map(Cow::Owned)
        } else {
            str::from_utf8(text).ok().map(Cow::Borrowed)
        }
    }
}

/// Events that are not part of a request yet.
#[derive(Clone, Default)]
pub(crate) struct EventBuffer {
    /// `,{…}` and a line break for each event. A request overwrites the byte before its first event
    /// and the byte after its last one with brackets, so the body is a slice of this buffer.
    pub(crate) bytes: Vec<u8>,
    pub(crate) events: Vec<EncodedEvent>,
}

impl EventBuffer {
    /// The JSON of each event, in order.
    pub(crate) fn json(&self) -> impl Iterator<Item = &[u8]> {
        let events = self.events.iter();
        events.filter_map(|event| self.bytes.get(event.json()))
    }
}

#[cfg(feature = "client")]
impl EventBuffer {
    /// A buffer with this one event.
    pub(crate) fn of_one(bytes: Vec<u8>, event: EncodedEvent) -> Self {
        let events = vec![event];
        Self { bytes, events }
    }

    /// Adds an event that is already JSON.
    pub(crate) fn push_json(
        &mut self,
        meta: EventMeta,
        json: &[u8],
        id: Option<Range<usize>>,
        prepared: bool,
    ) {
        self.bytes.push(b',');
        let start = self.bytes.len();
        self.bytes.extend_from_slice(json);
        let json = start..self.bytes.len();
        let id = id.map(|id| id.start + start..id.end + start);
        // An event too large for an `EncodedEvent` was rejected when it was encoded.
        let event = EncodedEvent::new(meta, json, id);
        self.events
            .extend(event.map(|event| EncodedEvent { prepared, ..event }));
        self.bytes.push(b'\n');
    }

    /// Adds the events of another buffer.
    pub(crate) fn append(&mut self, other: Self) {
        let offset = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        let events = other.events.into_iter();
        self.events.extend(events.map(|mut event| {
            event.start += offset;
            event
        }));
    }

    /// Moves the last event into a new buffer.
    pub(crate) fn split_last(&mut self) -> Self {
        let Some(mut event) = self.events.pop() else {
            return Self::default();
        };
        // Include the comma before the event.
        let bytes = self.bytes.split_off(event.start - 1);
        event.start = 1;
        Self::of_one(bytes, event)
    }
}

/// Truncates the buffer to its previous length when dropped, unless [`keep`](Self::keep) was
/// called.
struct TruncateOnDrop<'a> {
    buffer: &'a mut Vec<u8>,
    before: usize,
}

impl<'a> TruncateOnDrop<'a> {
    fn new(buffer: &'a mut Vec<u8>) -> Self {
        let before = buffer.len();
        Self { buffer, before }
    }

    fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for TruncateOnDrop<'_> {
    fn drop(&mut self) {
        self.buffer.truncate(self.before);
    }
}

/// Encodes an event at the end of a buffer, in the form of [`EventBuffer::bytes`].
///
/// The buffer is unchanged after an error, and after a panic of the event's `Serialize` that the caller
/// catches.
#[inline]
pub(crate) fn append<E: Members>(
    buffer: &mut Vec<u8>,
    event: &EventInput<'_, E>,
    meta: impl FnOnce() -> EventMeta,
) -> Result<EncodedEvent, PayloadError> {
    let guard = TruncateOnDrop::new(buffer);
    let buffer = &mut *guard.buffer;
    buffer.push(b',');
    let start = buffer.len();
    let encoded = write_event(buffer, event).and_then(|id| {
        let json = start..buffer.len();
        let bytes = json.len();
        buffer.push(b'\n');
        EncodedEvent::new(meta(), json, id).ok_or_else(|| {
            let limit = u32::MAX as usize;
            let kind = PayloadErrorKind::TooLarge { bytes, limit };
            PayloadError::new(event.event.name(), "", kind)
        })
    });
    if encoded.is_ok() {
        guard.keep();
    }
    encoded
}
