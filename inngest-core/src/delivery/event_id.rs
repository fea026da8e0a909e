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
    /// The halves of a ULID. A `u128` would need twice the space because of its alignment.
    Ulid(u64, u64),
    /// Another form of id, from a server that replaces Inngest's.
    Other(Box<str>),
}

impl EventId {
    /// Creates the id from the halves of its ULID.
    pub(crate) fn of_halves(high: u64, low: u64) -> Self {
        Self(Repr::Ulid(high, low))
    }

    /// The ULID's timestamp in milliseconds, or 0 if the id is not a ULID.
    #[cfg(feature = "testing")]
    pub(crate) fn millis(&self) -> u64 {
        match &self.0 {
            Repr::Ulid(high, _) => high >> 16,
            Repr::Other(_) => 0,
        }
    }

    /// Parses an id from a server.
    pub(crate) fn from_text(written: &str) -> Self {
        // ULID decoders accept several spellings, but an id must stay exactly as the server wrote
        // it.
        let read = Ulid::from_string(written).ok().map(|Ulid(number)| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the lower half is what is kept"
            )]
            Self::of_halves((number >> 64) as u64, number as u64)
        });
        match read {
            Some(id) if id == *written => id,
            _ => Self(Repr::Other(written.into())),
        }
    }
}

fn text(high: u64, low: u64, buffer: &mut [u8; ulid::ULID_LEN]) -> &str {
    Ulid(u128::from(high) << 64 | u128::from(low)).array_to_str(buffer)
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Ulid(high, low) => f.pad(text(*high, *low, &mut [0; ulid::ULID_LEN])),
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
            Repr::Ulid(high, low) => text(*high, *low, &mut [0; ulid::ULID_LEN]) == other,
            Repr::Other(text) => **text == *other,
        }
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
            "an id of another kind",
        ] {
            let id = EventId::from_text(text);
            assert_eq!(id.to_string(), text);
            assert_eq!(id, text);
        }
    }
}
