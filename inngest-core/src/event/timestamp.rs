//! Defines the types that can be an event's time.

use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) use inngest_grammar::limits::{MAX_MILLIS, MIN_MILLIS};

/// A type that can be an event's time, for `#[event(ts)]` and [`Payload::at`](crate::Payload::at).
///
/// `i64` is milliseconds since the Unix epoch. Other times are truncated to whole milliseconds. The
/// features `chrono`, `jiff` and `time` add the types of these crates.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say when an event occurred",
    label = "this type cannot be the event's time",
    note = "use `i64` (milliseconds since 1970), `SystemTime`, or `Option` of one; `chrono`, `jiff` and `time` types come with the features of these names"
)]
pub trait Timestamp {
    /// Milliseconds since the Unix epoch. `None` means the time at which the payload is created, or
    /// no override.
    ///
    /// The encoder checks the range, [`MIN_MILLIS`] to [`MAX_MILLIS`].
    fn timestamp_millis(&self) -> Option<i64>;
}

impl Timestamp for i64 {
    fn timestamp_millis(&self) -> Option<i64> {
        Some(*self)
    }
}

impl Timestamp for SystemTime {
    fn timestamp_millis(&self) -> Option<i64> {
        Some(match self.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => {
                i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |millis| -millis)
            }
        })
    }
}

impl<T: Timestamp> Timestamp for Option<T> {
    fn timestamp_millis(&self) -> Option<i64> {
        self.as_ref().and_then(T::timestamp_millis)
    }
}

impl<T: Timestamp + ?Sized> Timestamp for &T {
    fn timestamp_millis(&self) -> Option<i64> {
        (**self).timestamp_millis()
    }
}

#[cfg(feature = "chrono")]
impl<Tz: chrono::TimeZone> Timestamp for chrono::DateTime<Tz> {
    fn timestamp_millis(&self) -> Option<i64> {
        Some(chrono::DateTime::timestamp_millis(self))
    }
}

#[cfg(feature = "jiff")]
impl Timestamp for jiff::Timestamp {
    fn timestamp_millis(&self) -> Option<i64> {
        Some(self.as_millisecond())
    }
}

#[cfg(feature = "jiff")]
impl Timestamp for jiff::Zoned {
    fn timestamp_millis(&self) -> Option<i64> {
        Some(self.timestamp().as_millisecond())
    }
}

#[cfg(feature = "time")]
impl Timestamp for time::OffsetDateTime {
    fn timestamp_millis(&self) -> Option<i64> {
        let millis = self.unix_timestamp_nanos().div_euclid(1_000_000);
        // Years are bounded by ±999,999, so the milliseconds fit.
        Some(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

#[cfg(feature = "time")]
impl Timestamp for time::UtcDateTime {
    fn timestamp_millis(&self) -> Option<i64> {
        let millis = self.unix_timestamp_nanos().div_euclid(1_000_000);
        Some(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

/// The current time in milliseconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    SystemTime::now().timestamp_millis().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_are_truncated_to_milliseconds() {
        let time = UNIX_EPOCH + Duration::from_micros(1_743_130_137_367_999);
        assert_eq!(time.timestamp_millis(), Some(1_743_130_137_367));
        let before = UNIX_EPOCH - Duration::from_millis(5);
        assert_eq!(before.timestamp_millis(), Some(-5));
        assert_eq!(Some(7_i64).timestamp_millis(), Some(7));
        assert_eq!(None::<SystemTime>.timestamp_millis(), None);
    }

    #[cfg(feature = "chrono")]
    #[test]
    fn chrono() {
        let time = chrono::DateTime::from_timestamp_millis(1_743_130_137_367);
        assert_eq!(Timestamp::timestamp_millis(&time), Some(1_743_130_137_367));
    }

    #[cfg(feature = "jiff")]
    #[test]
    fn jiff() {
        let time = jiff::Timestamp::from_millisecond(1_743_130_137_367).unwrap();
        assert_eq!(time.timestamp_millis(), Some(1_743_130_137_367));
        let zoned = time.to_zoned(jiff::tz::TimeZone::UTC);
        assert_eq!(zoned.timestamp_millis(), Some(1_743_130_137_367));
    }

    #[cfg(feature = "time")]
    #[test]
    fn time() {
        let time = time::OffsetDateTime::from_unix_timestamp(1_743_130_137).unwrap();
        assert_eq!(time.timestamp_millis(), Some(1_743_130_137_000));
    }
}
