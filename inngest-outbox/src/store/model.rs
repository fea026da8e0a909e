//! The data that a relay exchanges with the store.

use std::time::Duration;

use tokio::time::Instant;

use crate::rows::{RequestRow, Text};

/// An event that is not yet in a request.
#[derive(Debug)]
pub(crate) struct PendingEvent {
    /// In milliseconds since 1970, like all times here.
    pub(crate) added_at: i64,
    /// The name and the id in the columns. What is sent is in the body.
    pub(crate) name: String,
    pub(crate) dedup_id: Option<String>,
    pub(crate) traceparent: Option<String>,
    pub(crate) body: Text,
}

/// A request to store.
#[derive(Debug)]
pub(crate) struct NewRequest {
    pub(crate) row: RequestRow,
    pub(crate) added_at: i64,
}

/// Pending events, cut into requests.
#[derive(Debug, Default)]
pub(crate) struct CutEvents {
    pub(crate) requests: Vec<NewRequest>,
    /// The events that cannot be sent.
    pub(crate) failed: Vec<SetAside>,
}

/// An event that no relay sends again: it failed, or its delivery is uncertain.
#[derive(Debug)]
pub(crate) struct SetAside {
    pub(crate) added_at: i64,
    pub(crate) name: String,
    pub(crate) dedup_id: Option<String>,
    pub(crate) event_id: Option<String>,
    pub(crate) seed: Option<String>,
    pub(crate) traceparent: Option<String>,
    pub(crate) body: Text,
    pub(crate) error: String,
}

/// A delivered event that is kept.
#[derive(Debug)]
pub(crate) struct KeptEvent {
    pub(crate) name: String,
    pub(crate) dedup_id: Option<String>,
    pub(crate) event_id: String,
    pub(crate) body: String,
}

/// A request that this relay has leased.
#[derive(Clone, Debug)]
pub(crate) struct Leased {
    pub(crate) id: i64,
    pub(crate) row: RequestRow,
    pub(crate) added_at: i64,
    /// For how long the server may have had the events, by the clock of the database.
    pub(crate) sent_for: Duration,
    /// When this relay learned `sent_for`.
    pub(crate) known_at: Instant,
}

/// How much one claim takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClaimLimit {
    pub(crate) events: usize,
    /// The total bytes of the events. The first event is taken whatever its size.
    pub(crate) bytes: i64,
}

/// What a claim found.
#[derive(Debug, Default)]
pub(crate) struct Claim {
    pub(crate) requests: Vec<Leased>,
    /// The number of pending events that it took.
    pub(crate) events: usize,
    /// How many of these cannot be sent.
    pub(crate) failed: usize,
    /// Whether more events may be pending.
    pub(crate) has_more: bool,
}

/// The outcomes of the events of a request.
#[derive(Debug)]
pub(crate) struct Settlement {
    pub(crate) id: i64,
    /// The number of delivered events.
    pub(crate) accepted: usize,
    /// Empty if delivered events are not kept.
    pub(crate) delivered: Vec<KeptEvent>,
    pub(crate) failed: Vec<SetAside>,
    pub(crate) uncertain: Vec<SetAside>,
    /// The parts to send again.
    pub(crate) remaining: Vec<RequestRow>,
}

impl Settlement {
    /// Whether the request can be deleted without storing anything.
    pub(crate) fn is_plain(&self) -> bool {
        self.delivered.is_empty() && !self.is_partial() && self.failed.is_empty()
    }

    /// Whether some events have no final outcome. A relay that lost the lease then knows less than the
    /// relay that has it, and must not settle the request.
    pub(crate) fn is_partial(&self) -> bool {
        !self.uncertain.is_empty() || !self.remaining.is_empty()
    }
}

/// The relay that a lease belongs to, and how long the lease lasts.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    /// The name of the relay, unique to each run.
    pub(crate) relay: String,
    pub(crate) duration: Duration,
}

impl Lease {
    pub(crate) fn millis(&self) -> i64 {
        millis(self.duration)
    }
}

/// What a relay knows about a request that it does not send now.
#[derive(Clone, Debug)]
pub(crate) struct HoldNote {
    /// Why the last attempt failed; `None` if there was none.
    pub(crate) error: Option<String>,
    /// Whether the server may have any of the events.
    pub(crate) is_uncertain: bool,
}

/// The longest time that every database and clock can add: about a hundred years.
pub(crate) const LONGEST: Duration = Duration::from_hours(24 * 365 * 100);

/// The milliseconds of a duration, up to [`LONGEST`].
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.min(LONGEST).as_millis()).unwrap_or(i64::MAX)
}

/// A duration of milliseconds; zero if a clock went back.
pub(crate) fn duration(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

/// For how long the server may have had events, in milliseconds by the clock of the database. If this time is
/// negative, a clock went back. If it went back by more than a minute, nobody knows the time, so it is too long.
pub(crate) fn sent_time(millis: i64) -> Duration {
    if millis < -60_000 {
        return LONGEST;
    }
    duration(millis)
}

/// The longest lease that a relay can have.
pub(crate) const LONGEST_LEASE: Duration = Duration::from_hours(24);

/// A lease that ends later than this counts as ended: the clock of the database went back, and the lease could
/// last for years. It is twice the longest lease, so that a small correction of the clock ends no lease.
pub(crate) const IMPOSSIBLE_LEASE: Duration = Duration::from_hours(48);

/// A number of rows from the database, which is never negative.
pub(crate) fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or(0)
}
