//! Administration: the status, failed and uncertain events, and deleting old events.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, SystemTime};

use crate::error::OutboxError;
use crate::outbox::Outbox;
use crate::resend::{self, RetryIds};
use crate::rows::Rows;
use crate::status::Status;
use crate::store::aside::{AsideFilter, AsidePage, AsideRow, AsideTable};
use crate::store::model::{count, duration};
use crate::store::{Database, Store, each};

/// How many failed or uncertain events one transaction removes. An event can have 3 MiB.
const STEP_EVENTS: i64 = 100;

/// The last millisecond of the year 9999, the last year that RFC 3339 can write.
const LAST_MILLIS: i64 = 253_402_300_799_999;

/// How many delivered events one transaction deletes.
const PRUNE_EVENTS: i64 = 1_000;

/// Administration, safe while relays run. Each step is one transaction, so you can run a program that was
/// interrupted again.
impl Outbox {
    /// Counts the events of the outbox.
    ///
    /// The database counts all rows, which takes longer the more rows the outbox has.
    ///
    /// # Errors
    ///
    /// The tables do not exist or have another version, or the database fails.
    pub async fn status(&self, database: impl Into<Database>) -> Result<Status, OutboxError> {
        let store = self.checked(database.into()).await?;
        each!(&store, store => store.status().await)
    }

    /// Whether every event is delivered, failed or uncertain. It costs less than [`status`](Self::status).
    ///
    /// # Errors
    ///
    /// The tables do not exist or have another version, or the database fails.
    pub async fn is_empty(&self, database: impl Into<Database>) -> Result<bool, OutboxError> {
        let store = self.checked(database.into()).await?;
        each!(&store, store => store.is_empty().await)
    }

    /// The events that the server refused, and rows that are not valid events.
    pub fn failed(&self, database: impl Into<Database>) -> Selection {
        self.selection(database.into(), AsideTable::Failed)
    }

    /// The events that the server may have, but that are too old to be sent again without a person's
    /// decision.
    pub fn uncertain(&self, database: impl Into<Database>) -> Selection {
        self.selection(database.into(), AsideTable::Uncertain)
    }

    /// Deletes kept events that were delivered longer ago than `age`, in steps of 1,000. Returns how many.
    ///
    /// A relay with [`Relay::keep_delivered`](crate::Relay::keep_delivered) does this itself.
    ///
    /// # Errors
    ///
    /// The tables do not exist or have another version, or the database fails. Earlier steps stay committed.
    pub async fn prune(
        &self,
        database: impl Into<Database>,
        age: Duration,
    ) -> Result<u64, OutboxError> {
        let store = self.checked(database.into()).await?;
        let mut all = 0;
        loop {
            let pruned = store.prune(age, PRUNE_EVENTS).await?;
            all += count(pruned);
            if pruned < PRUNE_EVENTS {
                return Ok(all);
            }
        }
    }

    fn selection(&self, database: Database, table: AsideTable) -> Selection {
        Selection {
            // PgBouncer may run each step on another connection.
            outbox: self.clone().prepared_statements(false),
            database,
            table,
            filter: AsideFilter::default(),
            limit: None,
        }
    }

    async fn checked(&self, database: Database) -> Result<Store, OutboxError> {
        let store = Store::new(&self.0, database)?;
        store.check().await?;
        Ok(store)
    }
}

/// A selection of the failed or uncertain events of an outbox, newest first.
///
/// ```no_run
/// use inngest_outbox::{Outbox, OutboxError, RetryIds};
///
/// # async fn example(outbox: Outbox, pool: sqlx::PgPool) -> Result<(), OutboxError> {
/// for event in outbox.failed(&pool).name("shop/order.placed").limit(20).list().await? {
///     println!("{} {}: {}", event.id, event.name, event.error);
/// }
/// outbox.failed(&pool).ids([4, 7]).retry(RetryIds::Same).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a selection does nothing before `list`, `retry` or `discard`"]
pub struct Selection {
    outbox: Outbox,
    database: Database,
    table: AsideTable,
    filter: AsideFilter,
    limit: Option<usize>,
}

impl Selection {
    /// Selects only events with this name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.filter.name = Some(name.into());
        self
    }

    /// Selects only the events with these numbers; see [`SetAsideEvent::id`].
    pub fn ids(mut self, ids: impl IntoIterator<Item = i64>) -> Self {
        self.filter.ids = Some(ids.into_iter().collect());
        self
    }

    /// Selects at most this many events, the newest ones. Default: all.
    pub fn limit(mut self, events: usize) -> Self {
        self.limit = Some(events);
        self
    }

    /// Reads the events.
    ///
    /// # Errors
    ///
    /// The tables do not exist or have another version, or the database fails.
    pub async fn list(&self) -> Result<Vec<SetAsideEvent>, OutboxError> {
        let store = self.outbox.checked(self.database.clone()).await?;
        let limit = self.limit.and_then(|limit| i64::try_from(limit).ok());
        let page = AsidePage {
            table: self.table,
            before: i64::MAX,
            limit: limit.unwrap_or(i64::MAX),
        };
        let rows = each!(&store, store => store.aside(page, &self.filter).await)?;
        Ok(rows.into_iter().map(SetAsideEvent::of).collect())
    }

    /// Sends the events again: puts them back among the pending ones. An event whose row is damaged stays.
    ///
    /// An event is put back once, even if other programs do the same or this one is interrupted. Which
    /// functions run depends on the ids; see [`RetryIds`].
    ///
    /// # Errors
    ///
    /// The tables do not exist or have another version, or the database fails. Earlier steps, of up to 100
    /// events each, stay committed.
    pub async fn retry(&self, ids: RetryIds) -> Result<Changed, OutboxError> {
        let accepts = |event: &AsideRow| event.damage.is_empty();
        self.remove(accepts, |events| resend::rows(events, ids))
            .await
    }

    /// Deletes the events.
    ///
    /// # Errors
    ///
    /// The tables do not exist or have another version, or the database fails. Earlier steps, of up to 100
    /// events each, stay committed.
    pub async fn discard(&self) -> Result<Changed, OutboxError> {
        self.remove(|_| true, |_| Ok(Rows::default())).await
    }

    async fn remove(
        &self,
        accepts: impl Fn(&AsideRow) -> bool + Sync,
        again: impl Fn(&[AsideRow]) -> Result<Rows, OutboxError> + Sync,
    ) -> Result<Changed, OutboxError> {
        let store = self.outbox.checked(self.database.clone()).await?;
        let mut unknown: BTreeSet<i64> = self.filter.ids.iter().flatten().copied().collect();
        let mut left = self
            .limit
            .map(|limit| i64::try_from(limit).unwrap_or(i64::MAX));
        let mut events = 0;
        let mut damaged = Vec::new();
        let mut before = i64::MAX;
        loop {
            let page = AsidePage {
                table: self.table,
                before,
                limit: left.map_or(STEP_EVENTS, |left| left.min(STEP_EVENTS)),
            };
            let step = each!(&store, store => {
                store
                    .remove_aside(page, &self.filter, &self.outbox.0, &accepts, &again)
                    .await
            })?;
            let selected = step.removed.len() + step.kept.len();
            let selected = i64::try_from(selected).unwrap_or(i64::MAX);
            left = left.map(|left| left.saturating_sub(selected));
            for id in step.removed.iter().chain(&step.kept) {
                unknown.remove(id);
            }
            events += u64::try_from(step.removed.len()).unwrap_or(0);
            damaged.extend(step.kept);
            match step.before {
                Some(next) if left != Some(0) => before = next,
                _ => break,
            }
        }
        if !unknown.is_empty() {
            // The limit or the name excluded events that exist.
            let ids: Vec<i64> = unknown.iter().copied().collect();
            let existing = each!(&store, store => store.existing_aside(self.table, &ids).await)?;
            unknown.retain(|id| !existing.contains(id));
        }
        Ok(Changed {
            events,
            unknown: unknown.into_iter().collect(),
            damaged,
        })
    }
}

/// What [`Selection::retry`] or [`Selection::discard`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changed {
    /// How many events were retried or discarded.
    pub events: u64,
    /// The numbers passed to [`Selection::ids`] that no event has, for example because the event was already
    /// retried. An event that [`Selection::limit`] or [`Selection::name`] excludes is not unknown.
    pub unknown: Vec<i64>,
    /// The numbers of events that were not retried, because their rows are damaged: another program wrote
    /// values that are not text or not times. Correct these rows with SQL, or discard them.
    pub damaged: Vec<i64>,
}

/// A failed or uncertain event.
#[derive(Clone)]
#[non_exhaustive]
pub struct SetAsideEvent {
    /// The number of the event in its table.
    pub id: i64,
    /// The name of the event. It is empty for a stored request that cannot be read.
    pub name: String,
    /// The deduplication id, if the event has one.
    pub dedup_id: Option<String>,
    /// The event id, if the event was ever in a request.
    pub event_id: Option<String>,
    /// The error of the server, or why the delivery is uncertain. If the row is damaged, because another
    /// program changed it, the error first says what cannot be read.
    pub error: String,
    /// When the event was added or last retried.
    pub added_at: SystemTime,
    /// When it failed or became uncertain.
    pub set_aside_at: SystemTime,
    /// Since when the server may have the event, if it is uncertain.
    pub sent_at: Option<SystemTime>,
    /// The event as JSON. Bytes that are not UTF-8 are replaced.
    pub body: String,
}

impl SetAsideEvent {
    fn of(row: AsideRow) -> Self {
        // Another program may have written any time.
        let time = |millis: i64| SystemTime::UNIX_EPOCH + duration(millis.min(LAST_MILLIS));
        // A relay may have noted the same problem.
        let problems = row
            .damage
            .iter()
            .filter(|problem| !row.error.ends_with(*problem));
        let problems: Vec<_> = problems.map(String::as_str).collect();
        let error = if problems.is_empty() {
            row.error
        } else {
            format!("the row is damaged: {}; {}", problems.join(", "), row.error)
        };
        Self {
            id: row.id,
            name: row.name,
            dedup_id: row.dedup_id,
            event_id: row.event_id,
            error,
            added_at: time(row.added_at),
            set_aside_at: time(row.failed_at),
            sent_at: row.sent_at.map(time),
            body: row.body,
        }
    }
}

/// Does not show the data of the event.
impl fmt::Debug for SetAsideEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetAsideEvent")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("dedup_id", &self.dedup_id)
            .field("event_id", &self.event_id)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}
