//! The deduplication ids of sent events.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use crate::encode::buffer::EncodedEvent;

/// The deduplication id of a sent event.
///
/// The ids of one request share their memory. A clone is cheap, but keeps the ids of the whole
/// request in memory. [`String::from`] copies a single id.
#[derive(Clone)]
pub struct DedupId {
    texts: Arc<String>,
    start: u32,
    bytes: u32,
}

impl DedupId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let start = self.start as usize;
        // Both constructors store a valid range.
        let text = self.texts.get(start..start + self.bytes as usize);
        text.unwrap_or_default()
    }

    /// Creates an id with its own memory. Returns `None` for a text that is larger than any event.
    pub(crate) fn new(text: &str) -> Option<Self> {
        Some(Self {
            bytes: u32::try_from(text.len()).ok()?,
            start: 0,
            texts: Arc::new(text.to_owned()),
        })
    }
}

impl Deref for DedupId {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for DedupId {
    fn as_ref(&self) -> &str {
        self
    }
}

/// Equality, order and hash match the text, so a map can be queried by text.
impl Borrow<str> for DedupId {
    fn borrow(&self) -> &str {
        self
    }
}

impl From<DedupId> for String {
    fn from(id: DedupId) -> Self {
        id.as_str().to_owned()
    }
}

impl fmt::Display for DedupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for DedupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl PartialEq for DedupId {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for DedupId {}

macro_rules! equals_text {
    ($($text:ty)*) => {$(
        impl PartialEq<$text> for DedupId {
            fn eq(&self, other: &$text) -> bool {
                self.as_str() == AsRef::<str>::as_ref(other)
            }
        }
    )*};
}

equals_text!(str &str String);

impl PartialOrd for DedupId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DedupId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other)
    }
}

impl Hash for DedupId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// The deduplication ids of events, in order.
pub(crate) struct DedupIds<'a> {
    buffer: &'a [u8],
    events: std::slice::Iter<'a, EncodedEvent>,
    /// The shared text and the offset of the next id in it; `None` if each id has its own text.
    shared: Option<(Arc<String>, u32)>,
}

impl<'a> DedupIds<'a> {
    /// Reads the ids of the events in a buffer.
    pub(crate) fn new(buffer: &'a [u8], events: &'a [EncodedEvent]) -> Self {
        Self {
            buffer,
            events: events.iter(),
            shared: texts(buffer, events).map(|texts| (texts, 0)),
        }
    }
}

/// Concatenates all ids. Returns `None` if any id contains an escape.
fn texts(buffer: &[u8], events: &[EncodedEvent]) -> Option<Arc<String>> {
    let ids = || events.iter().filter_map(EncodedEvent::id);
    let mut texts = Vec::with_capacity(ids().map(|id| id.len()).sum());
    for id in ids() {
        texts.extend_from_slice(buffer.get(id)?);
    }
    let is_plain = !texts.contains(&b'\\');
    // Offsets have 32 bits.
    let is_small = u32::try_from(texts.len()).is_ok();
    let texts = String::from_utf8(texts).ok();
    texts.filter(|_| is_plain && is_small).map(Arc::new)
}

impl Iterator for DedupIds<'_> {
    type Item = Option<DedupId>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let event = self.events.next()?;
        let Some((texts, next)) = &mut self.shared else {
            let id = event.dedup_id(self.buffer);
            return Some(id.and_then(|id| DedupId::new(&id)));
        };
        let bytes = event.id_bytes();
        if bytes == 0 {
            return Some(None);
        }
        let start = *next;
        *next += bytes;
        Some(Some(DedupId {
            texts: Arc::clone(texts),
            start,
            bytes,
        }))
    }

    /// Exact, so that a list of receipts is allocated once.
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.events.size_hint()
    }
}
