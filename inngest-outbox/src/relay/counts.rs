//! Counts the events that a relay delivered or set aside.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::model::{Claim, Settlement};

/// What a relay did with its events; see [`Relay::counts`](crate::Relay::counts).
///
/// If two relays send the same request, because the lease of the first ended, both count its events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelayCounts {
    /// Events that the server accepted.
    pub delivered: u64,
    /// Events that the server refused, and rows that are not valid events. A stored request that cannot
    /// be read is one row and counts as one, whatever the number of its events.
    pub failed: u64,
    /// Events that the server may have, but that were too old to be sent again.
    pub uncertain: u64,
}

/// The counters of a relay.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    delivered: AtomicU64,
    failed: AtomicU64,
    uncertain: AtomicU64,
}

impl Counts {
    /// Counts outcomes that were stored.
    pub(crate) fn settled(&self, settlements: &[Settlement]) {
        for settlement in settlements {
            add(&self.delivered, settlement.accepted);
            add(&self.failed, settlement.failed.len());
            add(&self.uncertain, settlement.uncertain.len());
        }
    }

    /// Counts and returns the rows that could not be sent.
    pub(crate) fn claimed(&self, claim: &Claim) -> usize {
        add(&self.failed, claim.failed);
        claim.failed
    }

    pub(crate) fn read(&self) -> RelayCounts {
        RelayCounts {
            delivered: self.delivered.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            uncertain: self.uncertain.load(Ordering::Relaxed),
        }
    }
}

fn add(counter: &AtomicU64, events: usize) {
    counter.fetch_add(u64::try_from(events).unwrap_or(0), Ordering::Relaxed);
}
