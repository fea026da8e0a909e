//! The receipt of an accepted event.

use crate::delivery::dedup_id::DedupId;
use crate::delivery::event_id::EventId;

/// Proof that the server accepted an event.
///
/// A receipt does not promise a run. If the server has seen the deduplication id within 24 hours,
/// it stores the event and returns a receipt, but runs no plain function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The id under which the server stores the event.
    pub event_id: EventId,
    /// The deduplication id, if the event has one.
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
