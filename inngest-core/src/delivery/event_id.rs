//! The event id, under which the server stores an event.

use std::fmt;

use ulid::Ulid;

/// The id under which the server stores an event: a ULID.
///
/// It is not the deduplication id. The server also assigns an event id to a duplicate that it
/// ignores.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(Repr);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    /// The bytes of a ULID. A `u128` would need twice the space because of its alignment.
    Ulid([u8; 16]),
    /// Any other text, from a server that is not Inngest's.
    Other(Box<str>),
}

impl EventId {
    /// Creates the id from the bytes of its ULID.
    pub(crate) fn of_bytes(ulid: [u8; 16]) -> Self {
        Self(Repr::Ulid(ulid))
    }

    /// The ULID's timestamp in milliseconds, or 0 if the id is not a ULID.
    #[cfg(feature = "testing")]
    pub(crate) fn millis(&self) -> u64 {
        match self.0 {
            Repr::Ulid(ulid) => Ulid::from_bytes(ulid).timestamp_ms(),
            Repr::Other(_) => 0,
        }
    }

    /// Parses an id from a server.
    pub(crate) fn from_text(text: &str) -> Self {
        // ULID decoders accept several spellings, but an id must stay exactly as the server wrote
        // it.
        match Ulid::from_string(text).map(|ulid| Self::of_bytes(ulid.to_bytes())) {
            Ok(id) if id == *text => id,
            _ => Self(Repr::Other(text.into())),
        }
    }

    /// Calls `read` with the id as text.
    fn with_text<T>(&self, read: impl FnOnce(&str) -> T) -> T {
        match &self.0 {
            Repr::Ulid(ulid) => {
                read(Ulid::from_bytes(*ulid).array_to_str(&mut [0; ulid::ULID_LEN]))
            }
            Repr::Other(text) => read(text),
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.pad(text))
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventId({self})")
    }
}

impl PartialEq<str> for EventId {
    fn eq(&self, other: &str) -> bool {
        self.with_text(|text| text == other)
    }
}

impl PartialEq<&str> for EventId {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_the_spelling_of_the_server() {
        for text in [
            "01JQDAE4RQF8MBCR55T5AK4KXS",
            "01jqdae4rqf8mbcr55t5ak4kxs",
            "O1JQDAE4RQF8MBCR55T5AK4KXS",
            "01JQDAE4RQF8MBCR55T5AK4KXI",
            "7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "ZZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "01JQDAE4RQF8MBCR55T5AK4KX",
            "an id that is not a ULID",
        ] {
            let id = EventId::from_text(text);
            assert_eq!(id.to_string(), text);
            assert_eq!(id, text);
        }
    }

    #[test]
    fn ids_are_formatted_like_texts() {
        for text in ["01JQDAE4RQF8MBCR55T5AK4KXS", "other"] {
            let id = EventId::from_text(text);
            assert_eq!(format!("{id:?}"), format!("EventId({text})"));
            for (padded, expected) in [
                (format!("{id:30}"), format!("{text:30}")),
                (format!("{id:>30}"), format!("{text:>30}")),
                (format!("{id:.3}"), format!("{text:.3}")),
            ] {
                assert_eq!(padded, expected);
            }
        }
    }

    #[test]
    fn ids_equal_only_their_own_text() {
        let texts = [
            "01JQDAE4RQF8MBCR55T5AK4KXS",
            "01JQDAE4RQF8MBCR55T5AK4KXT",
            "other",
            "",
        ];
        for text in texts {
            let id = EventId::from_text(text);
            for other in texts {
                let equal = text == other;
                assert_eq!(id == EventId::from_text(other), equal, "{text} {other}");
                assert_eq!(id == *other, equal, "{text} {other}");
                assert_eq!(id == other, equal, "{text} {other}");
            }
        }
    }

    #[cfg(feature = "testing")]
    #[test]
    fn the_time_of_an_id_is_the_time_of_its_ulid() {
        for (text, millis) in [
            ("01JQDAE4RQF8MBCR55T5AK4KXS", 1_743_130_137_367),
            ("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", (1 << 48) - 1),
            ("other", 0),
        ] {
            assert_eq!(EventId::from_text(text).millis(), millis, "{text}");
        }
    }
}
