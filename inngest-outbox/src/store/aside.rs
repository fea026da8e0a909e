//! Failed and uncertain events in the database, as the administration reads and changes them.

/// The table of the failed events or of the uncertain events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsideTable {
    Failed,
    Uncertain,
}

/// Which events of a table to select.
#[derive(Clone, Debug, Default)]
pub(crate) struct AsideFilter {
    pub(crate) name: Option<String>,
    pub(crate) ids: Option<Vec<i64>>,
}

/// The next events in a table, newest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsidePage {
    pub(crate) table: AsideTable,
    /// Only events with lower numbers.
    pub(crate) before: i64,
    pub(crate) limit: i64,
}

/// A failed or uncertain event. Times are milliseconds since 1970.
#[derive(Debug)]
pub(crate) struct AsideRow {
    pub(crate) id: i64,
    pub(crate) failed_at: i64,
    pub(crate) added_at: i64,
    /// `None` for failed events.
    pub(crate) sent_at: Option<i64>,
    pub(crate) name: String,
    pub(crate) dedup_id: Option<String>,
    pub(crate) event_id: Option<String>,
    pub(crate) seed: Option<String>,
    pub(crate) traceparent: Option<String>,
    pub(crate) body: String,
    pub(crate) error: String,
}

/// The events that one transaction removed.
#[derive(Debug, Default)]
pub(crate) struct AsideStep {
    pub(crate) removed: Vec<i64>,
    /// Where the next step begins: before this number. `None` after the last step.
    pub(crate) before: Option<i64>,
}
