//! How many events an outbox holds, and in which state.

use std::time::{Duration, Instant};

/// The events of an outbox at one time; see [`Outbox::status`](crate::Outbox::status).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// Events that wait for a relay: not yet in a request, or in a request that no relay works on.
    pub pending: u64,
    /// Events in requests that a relay is sending, or holds back because the server accepts none.
    pub in_flight: u64,
    /// How many of the events in flight are in requests whose last attempt failed. The relay holds them back and
    /// sends them again.
    pub held_back: u64,
    /// Why the last attempt to send a request failed, if it is still in the outbox: in a relay, or waiting for
    /// one.
    pub last_error: Option<String>,
    /// How long ago the oldest event that is pending or in flight was added or retried, by the clock of the
    /// database. `None` if no event is pending or in flight.
    pub oldest: Option<Duration>,
    /// Events that the server refused, and rows that are not valid events. A stored request that cannot
    /// be read is one row and counts as one.
    pub failed: u64,
    /// Events that the server may have, but that are too old to be sent again without a person's decision.
    pub uncertain: u64,
    /// Delivered events that are kept; see [`Relay::keep_delivered`](crate::Relay::keep_delivered).
    pub delivered: u64,
    /// How many events the database has numbered since the tables were created.
    pub(crate) numbered: u64,
    pub(crate) read_at: Instant,
}

impl Status {
    /// Whether every event is delivered, failed or uncertain.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pending == 0 && self.in_flight == 0
    }

    /// How many events per second became delivered, failed or uncertain between an earlier status and this
    /// one. `None` if no time passed.
    ///
    /// Delivered events leave no trace, so this is an estimate: the number of events that were added, minus
    /// the growth of the outbox. On Postgres it is too high by the events of transactions that were rolled
    /// back or are still open. It is too low by the events that were retried with the same ids or added as
    /// requests of a [`Batch`](inngest_core::Batch).
    #[must_use]
    pub fn rate_since(&self, earlier: &Self) -> Option<f64> {
        let time = self.read_at.checked_duration_since(earlier.read_at)?;
        let unsettled = |status: &Self| status.pending.saturating_add(status.in_flight);
        let settled = self
            .numbered
            .saturating_sub(earlier.numbered)
            .saturating_add(unsettled(earlier))
            .saturating_sub(unsettled(self));
        // Exact up to 2^53 events.
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let settled = settled as f64;
        (!time.is_zero()).then(|| settled / time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(numbered: u64, pending: u64, in_flight: u64, read_at: Instant) -> Status {
        Status {
            pending,
            in_flight,
            held_back: 0,
            last_error: None,
            oldest: None,
            failed: 0,
            uncertain: 0,
            delivered: 0,
            numbered,
            read_at,
        }
    }

    #[test]
    fn the_rate_counts_events_that_left() {
        let start = Instant::now();
        let end = start + Duration::from_secs(2);
        let rate = |before: [u64; 3], after: [u64; 3]| {
            let [numbered, pending, in_flight] = before;
            let before = status(numbered, pending, in_flight, start);
            let [numbered, pending, in_flight] = after;
            status(numbered, pending, in_flight, end).rate_since(&before)
        };
        assert_eq!(rate([10, 10, 0], [10, 2, 4]), Some(2.0));
        assert_eq!(rate([10, 10, 0], [20, 10, 0]), Some(5.0));
        assert_eq!(rate([10, 0, 0], [20, 10, 0]), Some(0.0));
        // Events that were retried with the same ids.
        assert_eq!(rate([10, 0, 0], [10, 5, 0]), Some(0.0));
        let one = status(0, 0, 0, start);
        assert_eq!(one.rate_since(&one), None);
        assert!(one.is_empty() && !status(1, 0, 1, start).is_empty());
    }
}
