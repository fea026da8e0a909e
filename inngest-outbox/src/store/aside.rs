//! Failed and uncertain events in the database, as the administration reads and changes them.

use crate::rows::Text;

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
#[derive(Debug, Default)]
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
    /// What cannot be read, because another program wrote it. Texts then contain replacement characters.
    pub(crate) damage: Vec<String>,
}

impl AsideRow {
    /// Reads the columns of a page. `time` and `text` read the column with this number; a time is `None` if it
    /// is not a time.
    pub(crate) fn read<E>(
        table: AsideTable,
        id: i64,
        time: impl Fn(usize) -> Result<Option<i64>, E>,
        text: impl Fn(usize) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Self, E> {
        let mut row = Self {
            id,
            failed_at: time(1)?.unwrap_or_default(),
            added_at: time(2)?.unwrap_or_default(),
            sent_at: time(3)?,
            ..Self::default()
        };
        let times = [("failed_at", 1), ("added_at", 2), ("sent_at", 3)];
        for (column, index) in times {
            let is_expected = index != 3 || table == AsideTable::Uncertain;
            if is_expected && time(index)?.is_none() {
                row.damage.push(format!("its {column} is not a time"));
            }
        }
        let mut read = |column: &str, index| -> Result<Option<String>, E> {
            let text = text(index)?.map(Text::of);
            if let Some(Text::Invalid(_)) = text {
                row.damage.push(format!("its {column} is not UTF-8"));
            }
            Ok(text.map(Text::lossy))
        };
        row.name = read("name", 4)?.unwrap_or_default();
        row.dedup_id = read("dedup_id", 5)?;
        row.event_id = read("event_id", 6)?;
        row.seed = read("seed", 7)?;
        row.traceparent = read("traceparent", 8)?;
        row.body = read("body", 9)?.unwrap_or_default();
        row.error = read("error", 10)?.unwrap_or_default();
        Ok(row)
    }
}

/// The events that one transaction removed.
#[derive(Debug, Default)]
pub(crate) struct AsideStep {
    pub(crate) removed: Vec<i64>,
    /// Events that stay, because their rows are damaged.
    pub(crate) kept: Vec<i64>,
    /// Where the next step begins: before this number. `None` after the last step.
    pub(crate) before: Option<i64>,
}
