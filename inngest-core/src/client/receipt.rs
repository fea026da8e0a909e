//! What the server gives for an event that it took.

use std::fmt;

use ulid::Ulid;

/// The id under which the server keeps an event: a ULID.
///
/// Not the deduplication id: an event that the server ignores as a duplicate has an event id too.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(Repr);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    Ulid(Ulid),
    /// A server that stands in for Inngest's may give ids of another form.
    Other(Box<str>),
}

impl EventId {
    pub(crate) fn from_answer(text: &str) -> Self {
        match Ulid::from_string(text) {
            // Decoding is lenient, and the id must stay as the server wrote it.
            Ok(ulid) if ulid.array_to_str(&mut [0; ulid::ULID_LEN]) == text => {
                Self(Repr::Ulid(ulid))
            }
            _ => Self(Repr::Other(text.into())),
        }
    }
}

impl From<Ulid> for EventId {
    fn from(ulid: Ulid) -> Self {
        Self(Repr::Ulid(ulid))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Ulid(ulid) => f.pad(ulid.array_to_str(&mut [0; ulid::ULID_LEN])),
            Repr::Other(text) => f.pad(text),
        }
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventId({self})")
    }
}

impl PartialEq<str> for EventId {
    fn eq(&self, other: &str) -> bool {
        match &self.0 {
            Repr::Ulid(ulid) => ulid.array_to_str(&mut [0; ulid::ULID_LEN]) == other,
            Repr::Other(text) => **text == *other,
        }
    }
}

impl PartialEq<&str> for EventId {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

/// The server has the event.
///
/// It says nothing of runs: an event whose deduplication id was seen within 24 hours is kept and
/// gets a receipt, and runs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The id under which the server keeps the event.
    pub event_id: EventId,
    /// The deduplication id that the event had, if it had one.
    pub dedup_id: Option<String>,
}
