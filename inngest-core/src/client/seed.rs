//! The id seed: event ids known before the request, and the same in every retry.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderValue;
use ulid::Ulid;

use super::receipt::EventId;
use crate::timestamp::now;

/// The header that carries the seed.
pub(crate) const HEADER: &str = "x-inngest-event-id-seed";

/// From which the server makes the ids of a request's events (measured): the ULID of event i is
/// made of the milliseconds and of the ten bytes with i+1 added to their last four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seed {
    millis: u64,
    random: [u8; 10],
}

impl Seed {
    /// A seed that no other request has.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut random = [0; 10];
        getrandom::fill(&mut random)?;
        // The server ignores a seed of 0 ms, which a clock before 1970 would give.
        let millis = u64::try_from(now()).unwrap_or_default().max(1);
        Ok(Self { millis, random })
    }

    /// Reads the header's value; the server ignores what is malformed.
    #[cfg(feature = "testing")]
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let (millis, random) = header.split_once(',')?;
        let millis = millis.parse().ok().filter(|millis| *millis > 0)?;
        let random = STANDARD.decode(random).ok()?.try_into().ok()?;
        Some(Self { millis, random })
    }

    pub(crate) fn header(&self) -> HeaderValue {
        // 20 digits, a comma and 16 characters of base64 at most.
        let mut value = Vec::with_capacity(40);
        // Writing to a `Vec` cannot fail.
        let _ = write!(value, "{},", self.millis);
        let mut random = [0; 16];
        let encoded = STANDARD.encode_slice(self.random, &mut random).unwrap_or(0);
        value.extend(random.iter().take(encoded));
        // Digits, a comma and base64 are all visible ASCII.
        HeaderValue::from_maybe_shared(Bytes::from(value))
            .unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// The id that the server gives to event `index` of the request, counting from 0.
    pub(crate) fn event_id(&self, index: usize) -> EventId {
        // A request holds a few thousand events; the sum wraps as the server's does.
        let step = u32::try_from(index).unwrap_or(u32::MAX).wrapping_add(1);
        let mut bytes = [0; 16];
        let (_, random) = bytes.split_at_mut(6);
        random.copy_from_slice(&self.random);
        if let Some(counter) = bytes.last_chunk_mut() {
            *counter = u32::from_be_bytes(*counter)
                .wrapping_add(step)
                .to_be_bytes();
        }
        Ulid::from_parts(self.millis, u128::from_be_bytes(bytes)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "testing")]
    #[test]
    fn ids_are_those_that_the_real_server_gave() {
        let seed = Seed::parse("1743130137367,eii2YKXRVTJPuA==").unwrap();
        assert_eq!(seed.event_id(0), "01JQDAE4RQF8MBCR55T5AK4KXS");
        assert_eq!(seed.event_id(1), "01JQDAE4RQF8MBCR55T5AK4KXT");
        assert_eq!(seed.event_id(2), "01JQDAE4RQF8MBCR55T5AK4KXV");
        assert_eq!(seed.header(), "1743130137367,eii2YKXRVTJPuA==");
    }

    #[cfg(feature = "testing")]
    #[test]
    fn malformed_seeds_are_none() {
        for header in [
            "x",
            "",
            "0,eii2YKXRVTJPuA==",
            "1743130137367",
            "1,eii2",
            "-1,eii2YKXRVTJPuA==",
        ] {
            assert_eq!(Seed::parse(header), None, "{header}");
        }
    }

    #[test]
    fn the_counter_wraps_and_leaves_the_other_bytes() {
        let seed = Seed {
            millis: 1,
            random: [0xff; 10],
        };
        let expected = Ulid::from_parts(
            1,
            u128::from_be_bytes([
                0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
            ]),
        );
        assert_eq!(seed.event_id(0), EventId::from(expected));
    }

    #[test]
    fn seeds_differ() {
        assert_ne!(Seed::new().unwrap(), Seed::new().unwrap());
    }
}
