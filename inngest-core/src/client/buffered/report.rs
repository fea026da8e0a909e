//! What a buffered sender says about events.

use crate::batch::Batch;
use crate::delivery::outcome::Outcome;

/// Events that a [`Buffered`](crate::Buffered) sender could not deliver for certain.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// What became of each event of the request's worth that they were in.
    pub outcomes: Vec<Outcome>,
    /// Those that can be sent again, with the same event ids.
    pub unsent: Batch,
}

/// What a [`Buffered`](crate::Buffered) sender delivered in all, and what it did not at its end.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// How many events the server has.
    pub delivered: u64,
    /// How many were not delivered for certain; their handles and the hook said so.
    pub failed: u64,
    /// Events that were waiting or under way when the time was over, ready to be sent again with
    /// the same event ids.
    pub unsent: Batch,
}
