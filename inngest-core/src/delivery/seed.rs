//! The seed that fixes the event ids of a request before the request is sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderValue;
use ulid::Ulid;

use crate::delivery::event_id::EventId;
use crate::encode::json;
use crate::event::timestamp::now;

/// The header that carries the seed.
pub(crate) const HEADER: &str = "x-inngest-event-id-seed";

/// The seed of a request. The server derives event ids from it (measured): the ULID of event i
/// consists of the milliseconds and the ten bytes, with i+1 added to the last four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seed {
    millis: u64,
    random: [u8; 10],
}

impl Seed {
    /// Creates a unique seed.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        Self::at(now())
    }

    /// Creates a random seed with this timestamp, in milliseconds since the Unix epoch.
    pub(crate) fn at(millis: i64) -> Result<Self, getrandom::Error> {
        let mut random = [0; 10];
        getrandom::fill(&mut random)?;
        // The server ignores a seed of 0 ms, which results from a clock before 1970.
        let millis = u64::try_from(millis).unwrap_or_default().max(1);
        Ok(Self { millis, random })
    }

    /// Parses the header like the server, which ignores malformed seeds (measured).
    pub(crate) fn parse(header: &str) -> Option<Self> {
        use base64::alphabet;
        use base64::engine::general_purpose::{GeneralPurpose, PAD};

        /// Go's decoder ignores the unused bits of the last character.
        const LENIENT: GeneralPurpose = GeneralPurpose::new(
            &alphabet::STANDARD,
            PAD.with_decode_allow_trailing_bits(true),
        );
        /// The timestamps that fit in a ULID.
        const TIMES: std::ops::RangeInclusive<i64> = 1..=(1 << 48) - 1;

        let (millis, random) = header.split_once(',')?;
        let millis: i64 = millis
            .parse()
            .ok()
            .filter(|millis| TIMES.contains(millis))?;
        let millis = u64::try_from(millis).ok()?;
        let random = LENIENT.decode(random).ok()?.try_into().ok()?;
        Some(Self { millis, random })
    }

    /// The header value as text.
    pub(crate) fn to_text(self) -> String {
        // The value consists of digits, a comma and base64.
        String::from_utf8(self.to_bytes()).unwrap_or_default()
    }

    pub(crate) fn header(&self) -> HeaderValue {
        // Digits, a comma and base64 are visible ASCII.
        HeaderValue::from_maybe_shared(Bytes::from(self.to_bytes()))
            .unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    fn to_bytes(self) -> Vec<u8> {
        // The value has 13 digits until the year 2286, a comma and 16 characters of base64. A full
        // `Vec` becomes `Bytes` without another allocation.
        let mut value = Vec::with_capacity(30);
        json::integer(&mut value, self.millis.into());
        value.push(b',');
        let mut random = [0; 16];
        let encoded = STANDARD.encode_slice(self.random, &mut random).unwrap_or(0);
        value.extend(random.iter().take(encoded));
        value
    }

    /// The event id of the event at `index` in the request, counting from 0.
    pub(crate) fn event_id(&self, index: usize) -> EventId {
        EventId::of_bytes(self.ulid(index))
    }

    /// How many of the first events of a request the server had accepted when it returned these
    /// ids; `None` if the ids do not match the seed.
    pub(crate) fn count_accepted(&self, ids: &[EventId], events: usize) -> Option<usize> {
        let mut indices = 0..events;
        let mut accepted = 0;
        for id in ids {
            accepted = 1 + indices.find(|index| self.event_id(*index) == *id)?;
        }
        Some(accepted)
    }

    /// The seed for the rest of the request after its first `events` events. The rest keeps its ids.
    pub(crate) fn after(&self, events: usize) -> Self {
        let mut after = *self;
        // The counter increases by one per event.
        if let (Some(before), Some(counter)) =
            (events.checked_sub(1), after.random.last_chunk_mut())
        {
            *counter = self.counter(before).to_be_bytes();
        }
        after
    }

    /// The bytes of the ULID of event `index`: a 48-bit time and 80 random bits, whose last 32 bits
    /// contain the counter.
    fn ulid(&self, index: usize) -> [u8; 16] {
        let [_, _, t0, t1, t2, t3, t4, t5] = self.millis.to_be_bytes();
        let [r0, r1, r2, r3, r4, r5, ..] = self.random;
        let [c0, c1, c2, c3] = self.counter(index).to_be_bytes();
        [
            t0, t1, t2, t3, t4, t5, r0, r1, r2, r3, r4, r5, c0, c1, c2, c3,
        ]
    }

    /// The last four bytes of the ULID of event `index`.
    fn counter(&self, index: usize) -> u32 {
        // A request contains a few thousand events. The sum wraps like the server's.
        let step = u32::try_from(index).unwrap_or(u32::MAX).wrapping_add(1);
        let [.., a, b, c, d] = self.random;
        u32::from_be_bytes([a, b, c, d]).wrapping_add(step)
    }

    /// Whether this body confirms that the server accepted all `events` events under the ids of this
    /// seed. Comparing the bytes is much faster than parsing them.
    pub(crate) fn is_confirmed_by(&self, answer: &[u8], events: usize) -> bool {
        let mut id = [0; ulid::ULID_LEN];
        let mut rest = answer;
        for index in 0..events {
            let before: &[u8] = if index == 0 {
                b"{\"ids\":[\""
            } else {
                b"\",\""
            };
            if index == 0 || self.counter(index) == 0 {
                Ulid::from_bytes(self.ulid(index)).array_to_str(&mut id);
            } else {
                increment(&mut id);
            }
            let after = rest.strip_prefix(before);
            match after.and_then(|rest| rest.strip_prefix(&id)) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        let end = rest.strip_prefix(b"\"],\"status\":200}");
        end.is_some_and(|end| end.trim_ascii().is_empty())
    }
}

/// Increments the text of a ULID.
fn increment(id: &mut [u8]) {
    for digit in id.iter_mut().rev() {
        *digit = match *digit {
            b'Z' => b'0',
            b'9' => b'A',
            // Crockford's base 32 omits I, L, O and U.
            b'H' | b'K' | b'N' | b'T' => *digit + 2,
            _ => *digit + 1,
        };
        if *digit != b'0' {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_match_the_real_server() {
        let seed = Seed::parse("1743130137367,eii2YKXRVTJPuA==").unwrap();
        assert_eq!(seed.event_id(0), "01JQDAE4RQF8MBCR55T5AK4KXS");
        assert_eq!(seed.event_id(1), "01JQDAE4RQF8MBCR55T5AK4KXT");
        assert_eq!(seed.event_id(2), "01JQDAE4RQF8MBCR55T5AK4KXV");
        assert_eq!(seed.header(), "1743130137367,eii2YKXRVTJPuA==");
    }

    #[cfg(feature = "testing")]
    #[test]
    fn seeds_that_the_go_decoder_accepts_are_accepted() {
        let plain = Seed::parse("1743130137367,eii2YKXRVTJPuA==");
        assert!(plain.is_some());
        for header in [
            "+1743130137367,eii2YKXRVTJPuA==",
            "0001743130137367,eii2YKXRVTJPuA==",
            "1743130137367,eii2YKXRVTJPuP==",
        ] {
            assert_eq!(Seed::parse(header), plain, "{header}");
        }
        assert!(Seed::parse("281474976710655,eii2YKXRVTJPuA==").is_some());
    }

    fn answer(seed: &Seed, events: usize) -> String {
        let ids: Vec<_> = (0..events).map(|n| seed.event_id(n).to_string()).collect();
        serde_json::json!({ "ids": ids, "status": 200 }).to_string()
    }

    #[test]
    fn complete_responses_are_recognized() {
        // Counters whose last digit, several digits, or all 32 bits overflow.
        for counter in [0, 30, 31, 1_022, u32::MAX - 40] {
            let [a, b, c, d] = counter.to_be_bytes();
            let seed = Seed {
                millis: 1_743_130_137_367,
                random: [1, 2, 3, 4, 5, 255, a, b, c, d],
            };
            for events in [1, 2, 100, 2_000] {
                let text = answer(&seed, events);
                assert!(seed.is_confirmed_by(text.as_bytes(), events), "{text}");
                assert!(seed.is_confirmed_by(format!("{text}\n").as_bytes(), events));
                for other in [events - 1, events + 1] {
                    assert!(!seed.is_confirmed_by(text.as_bytes(), other));
                }
            }
        }
    }

    #[test]
    fn other_responses_are_not_recognized() {
        let seed = Seed::new().unwrap();
        let text = answer(&seed, 3);
        for place in 0..text.len() {
            let (before, after) = text.split_at(place);
            assert!(!seed.is_confirmed_by(before.as_bytes(), 3), "{before}");
            let changed = format!("{before}~{}", &after[1..]);
            assert!(!seed.is_confirmed_by(changed.as_bytes(), 3), "{changed}");
        }
        let other = answer(&Seed::new().unwrap(), 3);
        assert!(!seed.is_confirmed_by(other.as_bytes(), 3));
    }

    #[test]
    fn malformed_seeds_are_rejected() {
        for header in [
            "x",
            "",
            "0,eii2YKXRVTJPuA==",
            "1743130137367",
            "1,eii2",
            "-1,eii2YKXRVTJPuA==",
            "281474976710656,eii2YKXRVTJPuA==",
            "9223372036854775808,eii2YKXRVTJPuA==",
            "1743130137367,eii2YKXRVTJPuA",
            "1743130137367,eii2YKXRVTJPuA==,",
            "1743130137367,eii2YKXRVTJPuAA=",
            "1743130137367, eii2YKXRVTJPuA==",
            "1_000,eii2YKXRVTJPuA==",
            "1.7e12,eii2YKXRVTJPuA==",
        ] {
            assert_eq!(Seed::parse(header), None, "{header}");
        }
    }

    #[test]
    fn the_counter_wraps_without_carry() {
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
        assert_eq!(seed.event_id(0), expected.to_string().as_str());
    }

    #[test]
    fn events_keep_their_ids_in_partial_requests() {
        for counter in [0, 7, u32::MAX - 3, u32::MAX] {
            let [a, b, c, d] = counter.to_be_bytes();
            let seed = Seed {
                millis: 1_743_130_137_367,
                random: [1, 2, 3, 4, 5, 255, a, b, c, d],
            };
            for first in [0, 1, 2, 40] {
                let after = seed.after(first);
                for index in [0, 1, 5] {
                    assert_eq!(after.event_id(index), seed.event_id(first + index));
                }
                assert_eq!(after.after(3), seed.after(first + 3));
            }
        }
    }

    #[test]
    fn seeds_are_read_back_from_their_text() {
        // The server ignores a seed of 0 ms.
        for (millis, expected) in [
            (i64::MIN, 1),
            (-1, 1),
            (0, 1),
            (1, 1),
            (1_743_130_137_367, 1_743_130_137_367),
        ] {
            let seed = Seed::at(millis).unwrap();
            assert_eq!(seed.millis, expected);
            assert_eq!(Seed::parse(&seed.to_text()), Some(seed));
            assert_eq!(seed.header(), *seed.to_text());
        }
    }

    #[test]
    fn accepted_events_are_counted_up_to_the_last_id() {
        let seed = Seed::new().unwrap();
        let other = Seed::at(1).unwrap().event_id(0);
        let id = |index| seed.event_id(index);
        for (ids, expected) in [
            (vec![], Some(0)),
            (vec![id(0)], Some(1)),
            (vec![id(0), id(1), id(2)], Some(3)),
            // The server leaves out the ids of ignored events.
            (vec![id(1)], Some(2)),
            (vec![id(0), id(2)], Some(3)),
            (vec![id(1), id(0)], None),
            (vec![id(0), id(0)], None),
            (vec![id(0), id(3)], None),
            (vec![id(0), other], None),
        ] {
            assert_eq!(seed.count_accepted(&ids, 3), expected, "{ids:?}");
        }
    }

    #[test]
    fn seeds_differ() {
        assert_ne!(Seed::new().unwrap(), Seed::new().unwrap());
    }
}
