//! The store on Postgres.
//!
//! Every transaction is explicit and uses no session state, so a pooler such as PgBouncer may change the
//! connection between transactions.

mod admin;
mod cursor;
mod statements;

use std::time::Duration;

use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres, Row as _, Transaction};
use tokio::time::Instant;

use crate::error::OutboxError;
use crate::rows::{RequestRow, Text};
use crate::schema;
use crate::store::model::{
    Claim, ClaimLimit, CutEvents, HoldNote, IMPOSSIBLE_LEASE, Lease, Leased, NewRequest,
    PendingEvent, SetAside, Settlement, millis, sent_time,
};
use crate::table::Tables;
use cursor::Cursor;
use statements::{BEGIN, Statements};

/// The tables of one outbox on Postgres.
#[derive(Debug)]
pub(crate) struct PostgresStore {
    pub(crate) pool: PgPool,
    pub(crate) tables: Tables,
    statements: Statements,
    cursor: Cursor,
}

type PgTransaction = Transaction<'static, Postgres>;

impl PostgresStore {
    pub(crate) fn new(pool: PgPool, tables: &Tables) -> Self {
        Self {
            pool,
            statements: Statements::of(tables),
            tables: tables.clone(),
            cursor: Cursor::default(),
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

    pub(crate) async fn begin(&self) -> Result<PgTransaction, OutboxError> {
        self.pool.begin_with(BEGIN).await.map_err(self.error())
    }

    /// The version of the tables.
    pub(crate) async fn version(&self) -> Result<i32, OutboxError> {
        let mut tx = self.begin().await?;
        let row = query(&self.statements.version).fetch_one(&mut *tx).await;
        let row = row.map_err(self.version_error())?;
        let version = row.try_get(0).map_err(self.error())?;
        let encoding = row.try_get(1).map_err(self.error())?;
        tx.commit().await.map_err(self.error())?;
        check_encoding(encoding)?;
        Ok(version)
    }

    pub(crate) fn sweep(&mut self) {
        self.cursor = Cursor::default();
    }

    pub(crate) async fn claim(
        &mut self,
        lease: &Lease,
        limit: ClaimLimit,
        cut: impl FnOnce(&[PendingEvent]) -> Result<CutEvents, OutboxError>,
    ) -> Result<Claim, OutboxError> {
        let mut tx = self.begin().await?;
        let rows = query(&self.statements.claim)
            .bind(self.cursor.open())
            .bind(self.cursor.tx())
            .bind(self.cursor.id())
            .bind(i64::try_from(limit.events).unwrap_or(i64::MAX))
            .bind(limit.bytes)
            .fetch_all(&mut *tx)
            .await
            .map_err(self.error())?;
        let (events, cursor, has_more) = self.cursor.after(&rows).map_err(self.error())?;
        let mut claim = Claim {
            events: events.len(),
            has_more,
            ..Claim::default()
        };
        if claim.events > 0 {
            let CutEvents {
                requests: new,
                failed,
            } = match cut(&events) {
                Ok(cut) => cut,
                Err(error) => {
                    if limit.events == 1 {
                        self.cursor = cursor.past(&rows);
                    }
                    // Without this, the next claim could find the events still locked.
                    tx.rollback().await.map_err(self.error())?;
                    return Err(error);
                }
            };
            self.set_aside(&mut tx, &self.statements.set_failed, &failed, None)
                .await?;
            claim.failed = failed.len();
            claim.requests = self.write_requests(&mut tx, lease, new).await?;
        }
        tx.commit().await.map_err(self.error())?;
        self.cursor = cursor;
        Ok(claim)
    }

    /// Stores new requests.
    async fn write_requests(
        &self,
        tx: &mut PgTransaction,
        lease: &Lease,
        requests: Vec<NewRequest>,
    ) -> Result<Vec<Leased>, OutboxError> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let all = || requests.iter();
        let written = query(&self.statements.write_requests)
            .bind(all().map(|request| &*request.row.seed).collect::<Vec<_>>())
            .bind(all().map(|request| request.row.events).collect::<Vec<_>>())
            .bind(
                all()
                    .map(|request| request.row.traceparent.as_deref())
                    .collect::<Vec<_>>(),
            )
            .bind(all().map(|request| &*request.row.body).collect::<Vec<_>>())
            .bind(all().map(|request| request.added_at).collect::<Vec<_>>())
            .bind(&lease.relay)
            .bind(lease.millis())
            .fetch_all(&mut **tx)
            .await
            .map_err(self.error())?;
        // The rows come back in any order, so find each by its unique seed.
        let id_of = |seed: &str| {
            let mut rows = written.iter();
            let row = rows.find(|row| row.try_get::<&str, _>(1).is_ok_and(|found| found == seed));
            row.map_or(Err(sqlx::Error::RowNotFound), |row| row.try_get(0))
                .map_err(self.error())
        };
        requests
            .into_iter()
            .map(|NewRequest { row, added_at }| {
                let id = id_of(&row.seed)?;
                Ok(Leased {
                    id,
                    row,
                    added_at,
                    sent_for: Duration::ZERO,
                    known_at: Instant::now(),
                })
            })
            .collect()
    }

    pub(crate) async fn take_over(
        &self,
        lease: &Lease,
        max_requests: usize,
    ) -> Result<Vec<Leased>, OutboxError> {
        let mut tx = self.begin().await?;
        let limit = i64::try_from(max_requests).unwrap_or(i64::MAX);
        let rows = query(&self.statements.ended)
            .bind(limit)
            .bind(millis(IMPOSSIBLE_LEASE))
            .fetch_all(&mut *tx)
            .await;
        let rows = rows.map_err(self.error())?;
        let requests: Result<Vec<_>, _> = rows.iter().map(leased).collect();
        let requests = requests.map_err(self.error())?;
        if !requests.is_empty() {
            let ids: Vec<i64> = requests.iter().map(|request| request.id).collect();
            let take = query(&self.statements.take_over);
            let take = take
                .bind(&lease.relay)
                .bind(lease.millis())
                .bind(ids)
                .execute(&mut *tx);
            take.await.map_err(self.error())?;
        }
        tx.commit().await.map_err(self.error())?;
        Ok(requests)
    }

    pub(crate) async fn renew(&self, lease: &Lease, requests: &[i64]) -> Result<(), OutboxError> {
        let renew = query(&self.statements.renew);
        self.run(renew.bind(&lease.relay).bind(lease.millis()).bind(requests))
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

    /// Runs one statement in a transaction.
    async fn run(&self, query: Query<'_, Postgres, PgArguments>) -> Result<(), OutboxError> {
        let mut tx = self.begin().await?;
        query.execute(&mut *tx).await.map_err(self.error())?;
        tx.commit().await.map_err(self.error())
    }

    pub(crate) async fn prune(&self, keep: i64, limit: i64) -> Result<i64, OutboxError> {
        let mut tx = self.begin().await?;
        let prune = query(&self.statements.prune)
            .bind(keep)
            .bind(limit)
            .execute(&mut *tx);
        let pruned = prune.await.map_err(self.error())?.rows_affected();
        tx.commit().await.map_err(self.error())?;
        Ok(i64::try_from(pruned).unwrap_or(i64::MAX))
    }

    pub(crate) async fn resume(
        &self,
        lease: &Lease,
        request: i64,
    ) -> Result<Option<Duration>, OutboxError> {
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
        let (plain, others): (Vec<_>, Vec<_>) = settlements
            .iter()
            .partition(|settlement| settlement.is_plain());
        if !plain.is_empty() {
            let ids: Vec<i64> = plain.iter().map(|settlement| settlement.id).collect();
            let delete = query(&self.statements.settle_plain).bind(ids);
            delete.execute(&mut *tx).await.map_err(self.error())?;
        }
        let mut remaining = Vec::new();
        for settlement in others {
            remaining.extend(self.settle_one(&mut tx, lease, settlement).await?);
        }
        tx.commit().await.map_err(self.error())?;
        Ok(remaining)
    }

    async fn settle_one(
        &self,
        tx: &mut PgTransaction,
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
        let read = |row: &PgRow| {
            let (sent_at, sent_for): (Option<i64>, Option<i64>) =
                (row.try_get(1)?, row.try_get(2)?);
            Ok((row.try_get(0)?, sent_at, sent_for))
        };
        let (added_at, sent_at, sent_for) = read(&row).map_err(self.error())?;
        let Settlement {
            delivered,
            failed,
            uncertain,
            remaining,
            ..
        } = settlement;
        if !delivered.is_empty() {
            let all = || delivered.iter();
            let keep = query(&self.statements.keep)
                .bind(added_at)
                .bind(all().map(|event| &*event.name).collect::<Vec<_>>())
                .bind(
                    all()
                        .map(|event| event.dedup_id.as_deref())
                        .collect::<Vec<_>>(),
                )
                .bind(all().map(|event| &*event.event_id).collect::<Vec<_>>())
                .bind(all().map(|event| &*event.body).collect::<Vec<_>>());
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
        tx: &mut PgTransaction,
        statement: &str,
        events: &[SetAside],
        sent_at: Option<i64>,
    ) -> Result<(), OutboxError> {
        if events.is_empty() {
            return Ok(());
        }
        let column = |of: fn(&SetAside) -> Option<&str>| -> Vec<Option<&str>> {
            events.iter().map(of).collect()
        };
        let mut insert = query(statement)
            .bind(
                events
                    .iter()
                    .map(|event| event.added_at)
                    .collect::<Vec<_>>(),
            )
            .bind(column(|event| Some(&event.name)))
            .bind(column(|event| event.dedup_id.as_deref()))
            .bind(column(|event| event.event_id.as_deref()))
            .bind(column(|event| event.seed.as_deref()))
            .bind(column(|event| event.traceparent.as_deref()))
            .bind(
                events
                    .iter()
                    .map(|event| event.body.as_bytes())
                    .collect::<Vec<_>>(),
            )
            .bind(column(|event| Some(&event.error)));
        if let Some(sent_at) = sent_at {
            insert = insert.bind(sent_at);
        }
        insert.execute(&mut **tx).await.map_err(self.error())?;
        Ok(())
    }

    /// Creates the tables, or upgrades them to the version of this library. Returns the version that they had,
    /// or 0.
    pub(crate) async fn migrate(&self) -> Result<i32, OutboxError> {
        let mut tx = self.begin().await?;
        // Several programs may migrate at the same time. The lock ends with the transaction.
        sqlx::raw_sql("SELECT pg_advisory_xact_lock(7237123168701)")
            .execute(&mut *tx)
            .await
            .map_err(self.error())?;
        let state = query("SELECT to_regclass($1) IS NOT NULL, getdatabaseencoding()::text")
            .bind(self.tables.fill("{version}"))
            .fetch_one(&mut *tx)
            .await
            .map_err(self.error())?;
        check_encoding(state.try_get(1).map_err(self.error())?)?;
        let exists = state.try_get(0).map_err(self.error())?;
        let mut version: i32 = 0;
        if exists {
            let row = query(&self.statements.version).fetch_one(&mut *tx).await;
            let found = row.and_then(|row| row.try_get(0));
            version = found.map_err(self.version_error())?;
        } else if let Some(schema) = self.tables.schema() {
            let create = format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"");
            let create = sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut *tx);
            create.await.map_err(self.error())?;
        }
        let (found, expected) = (version, schema::VERSION);
        if found > expected {
            return Err(OutboxError::NewerTables { found, expected });
        }
        for sql in schema::POSTGRES
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

/// In a database with another encoding, `add` would fail for some events, and the outcomes of requests could not
/// be stored.
fn check_encoding(found: &str) -> Result<(), OutboxError> {
    match found {
        "UTF8" | "SQL_ASCII" => Ok(()),
        _ => Err(OutboxError::Encoding {
            found: found.to_owned(),
        }),
    }
}

fn query(sql: &str) -> Query<'_, Postgres, PgArguments> {
    // Unnamed, because behind PgBouncer the next transaction may use another connection.
    sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false)
}

/// A request whose lease has ended, as it was before this relay took it over.
fn leased(row: &PgRow) -> Result<Leased, sqlx::Error> {
    let sent_for: Option<i64> = row.try_get("sent_for")?;
    let body = Text::of(row.try_get("body")?);
    let traceparent: Option<Vec<u8>> = row.try_get("traceparent")?;
    Ok(Leased {
        id: row.try_get("id")?,
        row: RequestRow {
            // The check of a seed refuses replacement characters.
            seed: Text::of(row.try_get("seed")?).lossy(),
            events: row.try_get("events")?,
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
