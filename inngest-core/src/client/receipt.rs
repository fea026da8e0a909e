//! What the server gives for an event that it took.

use std::fmt;

use ulid::Ulid;

use super::dedup_id::DedupId;

/// The id under which the server keeps an event: a ULID.
///
/// Not the deduplication id: an event that the server ignores as a duplicate has an event id too.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(Repr);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    /// The halves of a ULID: as one number they would take twice the room, for how it is aligned.
    Ulid(u64, u64),
    /// A server that stands in for Inngest's may give ids of another form.
    Other(Box<str>),
}

impl EventId {
    /// The id whose ULID is the number of these halves.
    pub(crate) fn of_halves(high: u64, low: u64) -> Self {
        Self(Repr::Ulid(high, low))
    }

    /// The id that is a ULID of this text.
    pub(crate) fn of_ulid(text: &str) -> Option<Self> {
        let (high, low) = halves(text)?;
        Some(Self::of_halves(high, low))
    }

    /// The ULID's timestamp in milliseconds, or 0 if the id is not a ULID.
    #[cfg(feature = "testing")]
    pub(crate) fn millis(&self) -> u64 {
        match &self.0 {
            Repr::Ulid(high, _) => high >> 16,
            Repr::Other(_) => 0,
        }
    }

    pub(crate) fn from_answer(text: &str) -> Self {
        match Self::of_ulid(text) {
            Some(id) => id,
            None => Self(Repr::Other(text.into())),
        }
    }
}

/// The value of each character of a ULID as servers write it: Crockford's base 32 in capitals.
#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
const DIGITS: [u8; 256] = {
    let alphabet = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut digits = [u8::MAX; 256];
    let mut value = 0_u8;
    while value < 32 {
        digits[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

/// The halves of a ULID that reads again just as it is written here. Decoders take other letters
/// too, and an id must stay as the server wrote it.
fn halves(text: &str) -> Option<(u64, u64)> {
    let text: &[u8; ulid::ULID_LEN] = text.as_bytes().try_into().ok()?;
    // Its first character holds the two bits that are left.
    if text.first() > Some(&b'7') {
        return None;
    }
    // In parts that fit 64 bits, because a number of 128 is slow to shift.
    let (millis, random) = text.split_at(10);
    let (first, last) = random.split_at(8);
    let [(millis, a), (first, b), (last, c)] = [millis, first, last].map(number);
    // Of 50, 40 and 40 bits.
    (a | b | c < 32).then_some((millis << 16 | first >> 24, first << 40 | last))
}

/// The number that up to 12 digits make, and the bits of all of them together.
fn number(digits: &[u8]) -> (u64, u8) {
    digits.iter().fold((0, 0), |(number, all), c| {
        let digit = DIGITS.get(usize::from(*c)).copied().unwrap_or(u8::MAX);
        (number << 5 | u64::from(digit), all | digit)
    })
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
    pub dedup_id: Option<DedupId>,
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
