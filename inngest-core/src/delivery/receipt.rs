//! Proof that the server has an event.

use crate::delivery::dedup_id::DedupId;
use crate::delivery::event_id::EventId;

/// The server has the event.
///
/// A receipt does not promise a run: the server keeps an event whose deduplication id it has seen
/// within 24 hours, gives it a receipt, and runs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The id under which the server keeps the event.
    pub event_id: EventId,
    /// The deduplication id that the event had, if it had one.
    pub dedup_id: Option<DedupId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_are_small() {
        assert!(size_of::<Receipt>() <= 48, "{}", size_of::<Receipt>());
    }
}
