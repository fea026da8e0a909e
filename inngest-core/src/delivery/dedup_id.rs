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

    /// Creates an id with its own memory. Returns `None` for text that is larger than any event.
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

    /// The exact number of ids, so that a list of receipts is allocated once.
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.events.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};
    use std::hash::{BuildHasher, RandomState};

    use super::*;
    use crate::encode::buffer::{EventBuffer, EventMeta, UntypedMeta};

    /// Events with these ids, written as in JSON. An empty string stands for no id.
    fn events(ids: &[&str]) -> EventBuffer {
        let meta = EventMeta::Untyped(Arc::new(UntypedMeta {
            name: "shop/order.placed".into(),
            version: None,
        }));
        let mut buffer = EventBuffer::default();
        for id in ids {
            let before = r#"{"id":""#;
            let json = format!(r#"{before}{id}","name":"shop/order.placed"}}"#);
            let range = before.len()..before.len() + id.len();
            let range = Some(range).filter(|range| !range.is_empty());
            buffer.push_json(meta.clone(), json.as_bytes(), range, true);
        }
        buffer
    }

    fn read(ids: &[&str]) -> Vec<Option<DedupId>> {
        let buffer = events(ids);
        DedupIds::new(&buffer.bytes, &buffer.events).collect()
    }

    fn id(text: &str) -> DedupId {
        DedupId::new(text).unwrap()
    }

    /// Whether the ids share one text.
    fn share_memory(ids: &[DedupId]) -> bool {
        let mut pairs = ids.iter().zip(ids.iter().skip(1));
        pairs.all(|(id, next)| Arc::ptr_eq(&id.texts, &next.texts))
    }

    #[test]
    fn ids_are_read_in_the_order_of_the_events() {
        for (ids, expected) in [
            (&[] as &[&str], &[] as &[&str]),
            (&[""], &[""]),
            (&["a"], &["a"]),
            (
                &["a", "bc", "", "d-ü-😀", "", "a"],
                &["a", "bc", "", "d-ü-😀", "", "a"],
            ),
            (&[r#"a\"b"#], &["a\"b"]),
            (
                &["", "ab", r"\u00fc\\", "", r"c\nd", "e"],
                &["", "ab", "ü\\", "", "c\nd", "e"],
            ),
        ] {
            let found = read(ids);
            let found: Vec<_> = found.iter().map(Option::as_deref).collect();
            let text = |id: &&'static str| Some(*id).filter(|id| !id.is_empty());
            let expected: Vec<_> = expected.iter().map(text).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn ids_of_a_request_share_their_memory_unless_one_has_an_escape() {
        for (ids, shared) in [
            (&["a", "", "bc", "ü"], true),
            (&["a", "", "bc", r"\\"], false),
        ] {
            let found: Vec<_> = read(ids).into_iter().flatten().collect();
            assert_eq!((found.len(), share_memory(&found)), (3, shared), "{ids:?}");
            assert!(share_memory(&[found[1].clone(), found[1].clone()]));
        }
    }

    #[test]
    fn the_number_of_ids_is_known_in_advance() {
        for ids in [&["a", "", "b"], &["a", "", r"\\"]] {
            let buffer = events(ids);
            let mut ids = DedupIds::new(&buffer.bytes, &buffer.events);
            for left in [3, 2, 1, 0] {
                assert_eq!(ids.size_hint(), (left, Some(left)));
                assert_eq!(ids.next().is_some(), left > 0);
            }
        }
    }

    #[test]
    fn ids_equal_order_and_hash_like_their_texts() {
        let hasher = RandomState::new();
        let texts = ["", "B", "a", "aa", "b", "ü"];
        let shared = read(&["B", "a", "aa", "b", "ü"]);
        let shared = [id("")].into_iter().chain(shared.into_iter().flatten());
        for (text, id) in texts.iter().zip(shared) {
            assert_eq!(hasher.hash_one(&id), hasher.hash_one(text), "{text}");
            for other in texts {
                let (equal, other_id, owned) = (*text == other, self::id(other), other.to_owned());
                assert_eq!(id == other_id, equal, "{text} {other}");
                assert_eq!(id == *other, equal, "{text} {other}");
                assert_eq!(id == other, equal, "{text} {other}");
                assert_eq!(id == owned, equal, "{text} {other}");
                assert_eq!(id.cmp(&other_id), (*text).cmp(other), "{text} {other}");
                assert_eq!(
                    id.partial_cmp(&other_id),
                    Some((*text).cmp(other)),
                    "{text} {other}"
                );
            }
        }
    }

    #[test]
    fn collections_of_ids_are_queried_by_text() {
        let ids = || read(&["b", "c", "a"]).into_iter().flatten();
        let indices: HashMap<_, _> = ids().zip(0..).collect();
        for (text, index) in [("b", Some(0)), ("c", Some(1)), ("a", Some(2)), ("bc", None)] {
            assert_eq!(indices.get(text).copied(), index, "{text}");
        }
        let sorted: BTreeSet<_> = ids().collect();
        assert!(sorted.iter().map(DedupId::as_str).eq(["a", "b", "c"]));
        assert!(sorted.contains("c") && !sorted.contains("bc"));
    }

    #[test]
    fn ids_convert_to_their_texts() {
        for id in [Some(id("bc")), read(&["a", "bc", "d"]).swap_remove(1)] {
            let id = id.unwrap();
            let as_ref: &str = id.as_ref();
            let borrowed: &str = id.borrow();
            assert_eq!([id.as_str(), &*id, as_ref, borrowed], ["bc"; 4]);
            assert_eq!(String::from(id), "bc");
        }
    }

    #[test]
    fn ids_are_formatted_like_texts() {
        let id = id("a\"ü");
        assert_eq!(
            format!("{id}|{id:5}|{id:>5}|{id:-^5}|{id:.2}"),
            "a\"ü|a\"ü  |  a\"ü|-a\"ü-|a\""
        );
        assert_eq!(format!("{id:?} {:?}", Some(&id)), r#""a\"ü" Some("a\"ü")"#);
    }
}
