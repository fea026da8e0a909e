//! Remembers where the next claim starts to read.
//!
//! Events are ordered by transaction. A transaction with a low number can commit after one with a higher
//! number, so a relay cannot simply continue after the last number. Nor can it start at the first number each
//! time: while any transaction in the database holds an old snapshot, Postgres keeps the deleted rows, and
//! each claim would step over all of them. So the cursor remembers which earlier transactions were open, and
//! the next claim reads the events of these transactions and the events after the cursor.

use std::collections::BTreeSet;

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::rows::Text;
use crate::store::model::PendingEvent;

/// Where the last claim ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    tx: u64,
    id: i64,
    /// Transactions up to `tx` that were open when the last claim passed them.
    open: BTreeSet<u64>,
}

/// Where a claim ended, as the database reports it.
#[derive(Debug, PartialEq, Eq)]
struct End {
    /// The last event that the claim read after the cursor.
    last: Option<(u64, i64)>,
    /// Whether the claim left events of transactions that were open earlier.
    leaves_late: bool,
    /// Whether the claim left events after `last`.
    leaves_next: bool,
    /// The first transaction that had not yet begun.
    upper: u64,
    /// The open transactions.
    open: BTreeSet<u64>,
}

impl End {
    /// Reads `{leaves_late} {leaves_next} {xmin}:{xmax}:{xip,…}`.
    fn parse(last: Option<(u64, i64)>, text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let mut flag = || match words.next()? {
            "t" => Some(true),
            "f" => Some(false),
            _ => None,
        };
        let (leaves_late, leaves_next) = (flag()?, flag()?);
        let mut snapshot = words.next()?.split(':');
        let (_lower, upper, open) = (snapshot.next()?, snapshot.next()?, snapshot.next()?);
        let open = open
            .split(',')
            .filter(|id| !id.is_empty())
            .map(|id| id.parse().ok());
        Some(Self {
            last,
            leaves_late,
            leaves_next,
            upper: upper.parse().ok()?,
            open: open.collect::<Option<_>>()?,
        })
    }
}

impl Cursor {
    pub(crate) fn tx(&self) -> String {
        self.tx.to_string()
    }

    pub(crate) fn id(&self) -> i64 {
        self.id
    }

    pub(crate) fn open(&self) -> Vec<String> {
        self.open.iter().map(u64::to_string).collect()
    }

    /// Reads the rows of a claim. Returns the events in order, the cursor for the next claim, and whether
    /// more events may be pending.
    pub(crate) fn after(
        &self,
        rows: &[PgRow],
    ) -> Result<(Vec<PendingEvent>, Self, bool), sqlx::Error> {
        let mut events = Vec::with_capacity(rows.len());
        let mut end = None;
        for row in rows {
            let tx: Option<&str> = row.try_get(0)?;
            let (tx, id) = (tx.and_then(|tx| tx.parse::<u64>().ok()), row.try_get(1)?);
            let place: Option<(u64, i64)> = tx.zip(id);
            let text = |index| -> Result<Option<Text>, sqlx::Error> {
                let bytes: Option<Vec<u8>> = row.try_get(index)?;
                Ok(bytes.map(Text::of))
            };
            let added_at: Option<i64> = row.try_get(2)?;
            let body = Text::of(row.try_get(4)?);
            match added_at {
                None => end = body.valid().and_then(|body| End::parse(place, &body)),
                Some(added_at) => events.push((
                    place,
                    PendingEvent {
                        added_at,
                        name: text(5)?.map(Text::lossy).unwrap_or_default(),
                        dedup_id: text(6)?.map(Text::lossy),
                        traceparent: text(3)?.and_then(Text::valid),
                        body,
                    },
                )),
            }
        }
        // The statement always returns the row with the end.
        let end = end.ok_or(sqlx::Error::RowNotFound)?;
        events.sort_unstable_by_key(|(place, _)| *place);
        let events = events.into_iter().map(|(_, event)| event).collect();
        let (next, has_more) = self.advance(end);
        Ok((events, next, has_more))
    }

    /// The cursor that skips the events of a claim until the next sweep. It also skips later events of
    /// transactions that were open earlier. Otherwise the next claim would start at them and read the same
    /// events again.
    pub(crate) fn past(mut self, rows: &[PgRow]) -> Self {
        for row in rows {
            let tx: Option<&str> = row.try_get(0).unwrap_or_default();
            if let Some(tx) = tx.and_then(|tx| tx.parse().ok()) {
                self.open.remove(&tx);
            }
        }
        self
    }

    /// The cursor after a claim, and whether more events may be pending.
    fn advance(&self, end: End) -> (Self, bool) {
        let End {
            last,
            leaves_late,
            leaves_next,
            upper,
            open,
        } = end;
        // A transaction that has ended is done, unless the claim left late events.
        let stays = |tx: &u64| leaves_late || open.contains(tx);
        let mut next_open: BTreeSet<u64> = self.open.iter().copied().filter(stays).collect();
        let (tx, id) = match last {
            Some(last) if leaves_next => last,
            // The claim read every committed event.
            _ => (upper.saturating_sub(1).max(self.tx), i64::MAX),
        };
        next_open.extend(open.into_iter().filter(|open| *open <= tx));
        let has_more = leaves_late || leaves_next;
        (
            Self {
                tx,
                id,
                open: next_open,
            },
            has_more,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(last: Option<(u64, i64)>, text: &str) -> End {
        End::parse(last, text).unwrap()
    }

    #[test]
    fn open_transactions_are_read_again_until_they_have_ended() {
        let start = Cursor::default();
        let (cursor, more) = start.advance(end(Some((12, 3)), "f f 10:15:10,13"));
        assert_eq!((cursor.tx, cursor.id, more), (14, i64::MAX, false));
        assert_eq!(cursor.open(), ["10", "13"]);
        // 13 has ended.
        let (cursor, _) = cursor.advance(end(None, "f f 10:17:10,16"));
        assert_eq!(
            (cursor.tx, cursor.open()),
            (16, vec!["10".into(), "16".into()])
        );
    }

    #[test]
    fn a_full_claim_continues_at_its_last_event() {
        let (cursor, more) = Cursor::default().advance(end(Some((12, 3)), "f t 5:40:5,12,30"));
        assert_eq!((cursor.tx, cursor.id, more), (12, 3, true));
        assert_eq!(cursor.open(), ["5", "12"]);
        // The claim could not read all late events.
        let (cursor, more) = cursor.advance(end(None, "t f 50:50:"));
        assert_eq!((cursor.tx, more), (49, true));
        assert_eq!(cursor.open(), ["5", "12"]);
    }

    #[test]
    fn malformed_ends_are_rejected() {
        for text in [
            "",
            "t",
            "t f",
            "t f 3",
            "t f 3:4",
            "t f 3:x:",
            "t f 3:4:y",
            "1 f 3:4:",
        ] {
            assert_eq!(End::parse(None, text), None, "{text}");
        }
    }
}
