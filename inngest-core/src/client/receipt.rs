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
    /// The bytes of a ULID: as a number they would take twice the room, for how it is aligned.
    Ulid([u8; 16]),
    /// A server that stands in for Inngest's may give ids of another form.
    Other(Box<str>),
}

impl EventId {
    pub(crate) fn from_answer(text: &str) -> Self {
        // Decoding is lenient, and the id must stay as the server wrote it.
        let as_written = |c: u8| matches!(c, b'0'..=b'9' | b'A'..=b'Z') && !b"ILOU".contains(&c);
        match Ulid::from_string(text) {
            Ok(ulid) if text.bytes().all(as_written) && text < "8" => ulid.into(),
            _ => Self(Repr::Other(text.into())),
        }
    }
}

fn text(bytes: [u8; 16], buffer: &mut [u8; ulid::ULID_LEN]) -> &str {
    Ulid::from_bytes(bytes).array_to_str(buffer)
}

impl From<Ulid> for EventId {
    fn from(ulid: Ulid) -> Self {
        Self(Repr::Ulid(ulid.to_bytes()))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Ulid(bytes) => f.pad(text(*bytes, &mut [0; ulid::ULID_LEN])),
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
            Repr::Ulid(bytes) => text(*bytes, &mut [0; ulid::ULID_LEN]) == other,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_as_the_server_wrote_it() {
        for text in [
            "01JQDAE4RQF8MBCR55T5AK4KXS",
            "01jqdae4rqf8mbcr55t5ak4kxs",
            "O1JQDAE4RQF8MBCR55T5AK4KXS",
            "01JQDAE4RQF8MBCR55T5AK4KXI",
            "7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "ZZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "01JQDAE4RQF8MBCR55T5AK4KX",
            "an id of another kind",
        ] {
            let id = EventId::from_answer(text);
            assert_eq!(id.to_string(), text);
            assert_eq!(id, text);
        }
    }

    #[test]
    fn a_receipt_is_small() {
        assert!(size_of::<Receipt>() <= 48, "{}", size_of::<Receipt>());
    }
}
