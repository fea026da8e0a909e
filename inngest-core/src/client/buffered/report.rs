//! The failures and the final report of a buffered sender.

use std::fmt;

use crate::batch::Batch;
use crate::delivery::event_counts::EventCounts;
use crate::delivery::outcome::Outcome;
use crate::encode::buffer::EventMeta;

/// Events that the server did not accept, or may not have accepted, from a
/// [`Buffered`](crate::Buffered) sender.
///
/// `Display` is one line, for example `5 events not delivered (3 × storefront/coupon.used, 2 ×
/// storefront/cart.cleared): no connection to …`. Neither `Display` nor `Debug` shows event data.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The outcome of each event of the request.
    pub outcomes: Vec<Outcome>,
    /// The events that can be resent, with the same event ids.
    pub unsent: Batch,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = || self.outcomes.iter().filter_map(Outcome::failed_name);
        let counts = EventCounts::of(names());
        write!(f, "{} not delivered ({counts})", events(names().count()))?;
        match self.outcomes.iter().find_map(Outcome::error) {
            Some(first) => write!(f, ": {first}"),
            None => Ok(()),
        }
    }
}

/// The totals of a [`Buffered`](crate::Buffered) sender and its unsent events.
///
/// `Display` is one line, for example `8 events delivered, 1 failed, 2 unsent (2 ×
/// storefront/coupon.used)`. Neither `Display` nor `Debug` shows event data.
#[derive(Debug, Default)]
#[must_use = "the report has the events that were not sent"]
#[non_exhaustive]
pub struct Report {
    /// The number of accepted events.
    pub delivered: u64,
    /// The number of failed events. `Pending` and the hook have reported them.
    pub failed: u64,
    /// Events that were buffered or in flight when the timeout expired. Resend them with the same
    /// event ids.
    pub unsent: Batch,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let delivered = usize::try_from(self.delivered).unwrap_or(usize::MAX);
        write!(f, "{} delivered, {} failed", events(delivered), self.failed)?;
        if self.unsent.is_empty() {
            return Ok(());
        }
        let names = EventCounts::of(self.unsent.metas().map(EventMeta::name));
        write!(f, ", {} unsent ({names})", self.unsent.len())
    }
}

fn events(count: usize) -> String {
    match count {
        1 => "1 event".to_owned(),
        _ => format!("{count} events"),
    }
}
