//! Measures time that includes the machine's sleep.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// A point in time on two clocks.
///
/// On Linux and macOS the monotonic clock stops while the machine is suspended. The wall clock does
/// not, but it can be set.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    monotonic: Instant,
    wall: SystemTime,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self {
            monotonic: Instant::now(),
            wall: SystemTime::now(),
        }
    }

    /// The time since an earlier moment, by the clock that advanced further. If the wall clock is
    /// set forward, the result is too long and connections close too early, which is harmless.
    pub(super) fn since(self, earlier: Self) -> Duration {
        let monotonic = self.monotonic.saturating_duration_since(earlier.monotonic);
        let wall = self.wall.duration_since(earlier.wall).unwrap_or_default();
        monotonic.max(wall)
    }

    /// The same moment on a machine that slept for this long.
    #[cfg(test)]
    pub(super) fn after_sleep(self, time: Duration) -> Self {
        Self {
            wall: self.wall + time,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_that_advanced_further_counts() {
        let earlier = Moment::now();
        let minute = Duration::from_secs(60);
        assert_eq!(earlier.after_sleep(minute).since(earlier), minute);
        assert_eq!(
            earlier.since(earlier.after_sleep(minute)),
            Duration::ZERO,
            "a wall clock that was set back"
        );
        let later = Moment {
            monotonic: earlier.monotonic + minute,
            ..earlier
        };
        assert_eq!(later.since(earlier), minute);
    }
}
