//! The store on SQLite.
//!
//! SQLite has one writer at a time, so events are committed in the order of their numbers.

mod admin;
mod statements;

use std::time::Duration;

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Row as _, Sqlite, SqliteConnection, Transaction};
use tokio::time::Instant;

use crate::error::OutboxError;
use crate::rows::{RequestRow, Text};
use crate::schema;
use crate::store::model::{
    Claim, ClaimLimit, CutEvents, HoldNote, IMPOSSIBLE_LEASE, Lease, Leased, PendingEvent,
    SetAside, Settlement, millis, sent_time,
};
use crate::table::Tables;
use statements::{BEGIN, ENCODING, Statements};

/// The tables of one outbox on SQLite.
#[derive(Debug)]
pub(crate) struct SqliteStore {
    pub(crate) pool: SqlitePool,
    pub(crate) tables: Tables,
    statements: Statements,
    /// Claims skip the events up to this number, until the next sweep.
    skipped: i64,
}

type SqliteTransaction = Transaction<'static, Sqlite>;

impl SqliteStore {
    pub(crate) fn new(pool: SqlitePool, tables: &Tables) -> Self {
        Self {
            pool,
            statements: Statements::of(tables),
            tables: tables.clone(),
            skipped: i64::MIN,
        }
    }

    pub(crate) fn error(&self) -> impl Fn(sqlx::Error) -> OutboxError + use<> {
        let table = self.tables.display();
        move |error| OutboxError::of_sqlx(&table, error)
    }

    fn version_error(&self) -> impl Fn(sqlx::Error) -> OutboxError + use<> {
        let table = self.tables.display();
        move |error| OutboxError::of_version(&table, error)
    }

    pub(crate) async fn begin(&self) -> Result<SqliteTransaction, OutboxError> {
        self.pool.begin_with(BEGIN).await.map_err(self.error())
    }

    /// The version of the tables.
    pub(crate) async fn version(&self) -> Result<i32, OutboxError> {
        let row = query(&self.statements.version).fetch_one(&self.pool).await;
        let version = row.and_then(|row| row.try_get(0));
        let version = version.map_err(self.version_error())?;
        let mut connection = self.pool.acquire().await.map_err(self.error())?;
        self.check_encoding(&mut connection).await?;
        Ok(version)
    }

    /// Checks that texts are UTF-8, because sqlx reads and writes no others.
    async fn check_encoding(&self, connection: &mut SqliteConnection) -> Result<(), OutboxError> {
        let row = query(ENCODING).fetch_one(connection).await;
        let is_utf8 = row.and_then(|row| row.try_get(0)).map_err(self.error())?;
        if is_utf8 {
            return Ok(());
        }
        Err(OutboxError::Encoding {
            found: "UTF-16".to_owned(),
        })
    }

    pub(crate) fn sweep(&mut self) {
        self.skipped = i64::MIN;
    }

    pub(crate) async fn claim(
        &mut self,
        lease: &Lease,
        limit: ClaimLimit,
        cut: impl FnOnce(&[PendingEvent]) -> Result<CutEvents, OutboxError>,
    ) -> Result<Claim, OutboxError> {
        // Look first without the write lock.
        let found = query(&self.statements.pending)
            .bind(self.skipped)
            .fetch_optional(&self.pool)
            .await;
        if found.map_err(self.error())?.is_none() {
            return Ok(Claim::default());
        }
        let mut tx = self.begin().await?;
        let max_events = i64::try_from(limit.events).unwrap_or(i64::MAX);
        let rows = query(&self.statements.read)
            .bind(max_events)
            .bind(limit.bytes)
            .bind(self.skipped)
            .fetch_all(&mut *tx)
            .await;
        let rows = rows.map_err(self.error())?;
        let events: Result<Vec<_>, _> = rows.iter().map(pending).collect();
        let events = events.map_err(self.error())?;
        let Some(last) = rows.last() else {
            return Ok(Claim::default());
        };
        let last: i64 = last.try_get(0).map_err(self.error())?;
        let delete = query(&self.statements.delete);
        let delete = delete.bind(self.skipped).bind(last);
        delete.execute(&mut *tx).await.map_err(self.error())?;

        let count = events.len();
        let CutEvents {
            requests: new,
            failed,
        } = match cut(&events) {
            Ok(cut) => cut,
            Err(error) => {
                if limit.events == 1 {
                    self.skipped = last;
                }
                // Without this, the next claim could find the events still locked.
                tx.rollback().await.map_err(self.error())?;
                return Err(error);
            }
        };
        self.set_aside(&mut tx, &self.statements.set_failed, &failed, None)
            .await?;
        let mut requests = Vec::with_capacity(new.len());
        for request in new {
            let write = query(&self.statements.write_request)
                .bind(&request.row.seed)
                .bind(request.row.events)
                .bind(&request.row.traceparent)
                .bind(&request.row.body)
                .bind(request.added_at)
                .bind(&lease.relay)
                .bind(lease.millis());
            let row = write.fetch_one(&mut *tx).await;
            let id = row.and_then(|row| row.try_get(0)).map_err(self.error())?;
            let (row, added_at) = (request.row, request.added_at);
            requests.push(Leased {
                id,
                row,
                added_at,
                sent_for: Duration::ZERO,
                known_at: Instant::now(),
            });
        }
        tx.commit().await.map_err(self.error())?;
        Ok(Claim {
            requests,
            events: count,
            failed: failed.len(),
            // The claim may have stopped at either limit, so look again.
            has_more: true,
        })
    }

    pub(crate) async fn take_over(
        &self,
        lease: &Lease,
        max_requests: usize,
    ) -> Result<Vec<Leased>, OutboxError> {
        let limit = i64::try_from(max_requests).unwrap_or(i64::MAX);
        // Look first without the write lock.
        let ended = || {
            let ended = query(&self.statements.ended).bind(limit);
            ended.bind(millis(IMPOSSIBLE_LEASE))
        };
        let found = ended()
            .fetch_optional(&self.pool)
            .await
            .map_err(self.error())?;
        if found.is_none() {
            return Ok(Vec::new());
        }
        let mut tx = self.begin().await?;
        let rows = ended().fetch_all(&mut *tx).await.map_err(self.error())?;
        let requests: Result<Vec<_>, _> = rows.iter().map(leased).collect();
        let requests = requests.map_err(self.error())?;
        let ids: Vec<i64> = requests.iter().map(|request| request.id).collect();
        let take = query(&self.statements.take_over);
        let take = take
            .bind(&lease.relay)
            .bind(lease.millis())
            .bind(json(&ids))
            .execute(&mut *tx);
        take.await.map_err(self.error())?;
        tx.commit().await.map_err(self.error())?;
        Ok(requests)
    }

    pub(crate) async fn renew(&self, lease: &Lease, requests: &[i64]) -> Result<(), OutboxError> {
        let renew = query(&self.statements.renew);
        self.run(
            renew
                .bind(&lease.relay)
                .bind(lease.millis())
                .bind(json(requests)),
        )
        .await
    }

    pub(crate) async fn hold(
        &self,
        lease: &Lease,
        request: i64,
        note: &HoldNote,
    ) -> Result<(), OutboxError> {
        let hold = query(&self.statements.hold)
            .bind(&lease.relay)
            .bind(request)
            .bind(&note.error)
            .bind(note.is_uncertain);
        self.run(hold).await
    }

    pub(crate) async fn release(&self, lease: &Lease) -> Result<(), OutboxError> {
        self.run(query(&self.statements.release).bind(&lease.relay))
            .await
    }

    pub(crate) async fn prune(&self, keep: i64, limit: i64) -> Result<i64, OutboxError> {
        let prune = query(&self.statements.prune)
            .bind(keep)
            .bind(limit)
            .execute(&self.pool);
        let pruned = prune.await.map_err(self.error())?.rows_affected();
        Ok(i64::try_from(pruned).unwrap_or(i64::MAX))
    }

    async fn run(&self, query: Query<'_, Sqlite, SqliteArguments>) -> Result<(), OutboxError> {
        query.execute(&self.pool).await.map_err(self.error())?;
        Ok(())
    }

    pub(crate) async fn resume(
        &self,
        lease: &Lease,
        request: i64,
    ) -> Result<Option<Duration>, OutboxError> {
        // In a transaction, so that an error of the commit is seen. Without one, the statement commits only
        // when it is reset, after its row was read.
        let mut tx = self.begin().await?;
        let row = query(&self.statements.resume)
            .bind(&lease.relay)
            .bind(lease.millis())
            .bind(request)
            .fetch_optional(&mut *tx)
            .await
            .map_err(self.error())?;
        let sent_for = row
            .map(|row| row.try_get(0))
            .transpose()
            .map_err(self.error())?;
        tx.commit().await.map_err(self.error())?;
        Ok(sent_for.map(sent_time))
    }

    pub(crate) async fn settle(
        &self,
        lease: &Lease,
        settlements: &[Settlement],
    ) -> Result<Vec<Leased>, OutboxError> {
        let mut tx = self.begin().await?;
        let mut remaining = Vec::new();
        for settlement in settlements {
            remaining.extend(self.settle_one(&mut tx, lease, settlement).await?);
        }
        tx.commit().await.map_err(self.error())?;
        Ok(remaining)
    }

    async fn settle_one(
        &self,
        tx: &mut SqliteTransaction,
        lease: &Lease,
        settlement: &Settlement,
    ) -> Result<Vec<Leased>, OutboxError> {
        let only = settlement.is_partial().then_some(&*lease.relay);
        let delete = query(&self.statements.settle)
            .bind(settlement.id)
            .bind(only);
        let row = delete
            .fetch_optional(&mut **tx)
            .await
            .map_err(self.error())?;
        let Some(row) = row else {
            return Ok(Vec::new());
        };
        let read = |row: &SqliteRow| {
            let (sent_at, sent_for): (Option<i64>, Option<i64>) =
                (row.try_get(1)?, row.try_get(2)?);
            Ok((row.try_get::<i64, _>(0)?, sent_at, sent_for))
        };
        let (added_at, sent_at, sent_for) = read(&row).map_err(self.error())?;
        let Settlement {
            delivered,
            failed,
            uncertain,
            remaining,
            ..
        } = settlement;
        for event in delivered {
            let keep = query(&self.statements.keep)
                .bind(added_at)
                .bind(&event.name)
                .bind(&event.dedup_id)
                .bind(&event.event_id)
                .bind(&event.body);
            keep.execute(&mut **tx).await.map_err(self.error())?;
        }
        self.set_aside(tx, &self.statements.set_failed, failed, None)
            .await?;
        self.set_aside(
            tx,
            &self.statements.set_uncertain,
            uncertain,
            Some(sent_at.unwrap_or(added_at)),
        )
        .await?;
        let mut leased = Vec::new();
        for part in remaining {
            // If the part is not uncertain, the server has none of its events.
            let (sent_at, sent_for) = if part.is_uncertain {
                (sent_at, sent_for)
            } else {
                (None, None)
            };
            let write = query(&self.statements.write_remaining)
                .bind(&part.seed)
                .bind(part.events)
                .bind(&part.traceparent)
                .bind(&part.body)
                .bind(added_at)
                .bind(sent_at.filter(|_| part.is_uncertain))
                .bind(&lease.relay)
                .bind(lease.millis());
            let row = write.fetch_one(&mut **tx).await;
            let id = row.and_then(|row| row.try_get(0)).map_err(self.error())?;
            let sent_for = sent_time(sent_for.filter(|_| part.is_uncertain).unwrap_or(0));
            leased.push(Leased {
                id,
                row: part.clone(),
                added_at,
                sent_for,
                known_at: Instant::now(),
            });
        }
        Ok(leased)
    }

    /// Inserts events into the table of failed events or of uncertain events.
    async fn set_aside(
        &self,
        tx: &mut SqliteTransaction,
        statement: &str,
        events: &[SetAside],
        sent_at: Option<i64>,
    ) -> Result<(), OutboxError> {
        for event in events {
            let mut insert = query(statement)
                .bind(event.added_at)
                .bind(&event.name)
                .bind(&event.dedup_id)
                .bind(&event.event_id)
                .bind(&event.seed)
                .bind(&event.traceparent);
            insert = match &event.body {
                Text::Valid(body) => insert.bind(body),
                Text::Invalid(body) => insert.bind(body),
            };
            insert = insert.bind(&event.error);
            if let Some(sent_at) = sent_at {
                insert = insert.bind(sent_at);
            }
            insert.execute(&mut **tx).await.map_err(self.error())?;
        }
        Ok(())
    }

    /// Creates the tables, or upgrades them to the version of this library. Returns the version that they had,
    /// or 0.
    pub(crate) async fn migrate(&self) -> Result<i32, OutboxError> {
        // The transaction holds the write lock, so several programs may migrate at the same time.
        let mut tx = self.begin().await?;
        self.check_encoding(&mut tx).await?;
        let version = query(&self.statements.version).fetch_one(&mut *tx).await;
        let version = version.and_then(|row| row.try_get(0));
        let version = version.map_err(self.version_error());
        let found: i32 = match version {
            Ok(version) => version,
            Err(OutboxError::NoTable { .. }) => 0,
            Err(error) => return Err(error),
        };
        let expected = schema::VERSION;
        if found > expected {
            return Err(OutboxError::NewerTables { found, expected });
        }
        for sql in schema::SQLITE
            .iter()
            .skip(usize::try_from(found).unwrap_or(0))
        {
            let create = sqlx::raw_sql(AssertSqlSafe(self.tables.fill(sql))).execute(&mut *tx);
            create.await.map_err(self.error())?;
        }
        tx.commit().await.map_err(self.error())?;
        Ok(found)
    }
}

fn query(sql: &str) -> Query<'_, Sqlite, SqliteArguments> {
    sqlx::query(AssertSqlSafe(sql.to_owned()))
}

/// Encodes numbers as the JSON parameter of a statement.
fn json(numbers: &[i64]) -> String {
    // Numbers always serialize.
    serde_json::to_string(numbers).unwrap_or_default()
}

fn pending(row: &SqliteRow) -> Result<PendingEvent, sqlx::Error> {
    let text = |index| -> Result<Option<Text>, sqlx::Error> {
        let bytes: Option<Vec<u8>> = row.try_get(index)?;
        Ok(bytes.map(Text::of))
    };
    Ok(PendingEvent {
        added_at: row.try_get(1)?,
        name: text(4)?.map(Text::lossy).unwrap_or_default(),
        dedup_id: text(5)?.map(Text::lossy),
        traceparent: text(2)?.and_then(Text::valid),
        body: Text::of(row.try_get(3)?),
    })
}

/// A request whose lease has ended, as it was before this relay took it over.
fn leased(row: &SqliteRow) -> Result<Leased, sqlx::Error> {
    let sent_for: Option<i64> = row.try_get("sent_for")?;
    let events: i64 = row.try_get("events")?;
    let body = Text::of(row.try_get("body")?);
    let traceparent: Option<Vec<u8>> = row.try_get("traceparent")?;
    Ok(Leased {
        id: row.try_get("id")?,
        row: RequestRow {
            // The check of a seed refuses replacement characters.
            seed: Text::of(row.try_get("seed")?).lossy(),
            events: i32::try_from(events).unwrap_or(0),
            traceparent: traceparent.map(Text::of).and_then(Text::valid),
            invalid_body: body.invalid(),
            body: body.lossy(),
            is_uncertain: sent_for.is_some(),
        },
        added_at: row.try_get("added_at")?,
        sent_for: sent_time(sent_for.unwrap_or(0)),
        known_at: Instant::now(),
    })
}
