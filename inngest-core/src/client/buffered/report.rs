//! The failures and the final report of a buffered sender.

use crate::batch::Batch;
use crate::delivery::outcome::Outcome;

/// Events that the server did not accept, or may not have accepted, from a
/// [`Buffered`](crate::Buffered) sender.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The error of the whole request, with the outcome of each event.
    pub outcomes: Vec<Outcome>,
    /// The events that can be resent, with the same event ids.
    pub unsent: Batch,
}

/// The totals of a [`Buffered`](crate::Buffered) sender and its unsent events.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The number of accepted events.
    pub delivered: u64,
    /// The number of other events. `Pending` and the hook have reported them.
    pub failed: u64,
    /// Events that were buffered or in flight when the timeout expired. Resend them with the same
    /// event ids.
    pub unsent: Batch,
}
