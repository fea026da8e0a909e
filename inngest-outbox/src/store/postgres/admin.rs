//! Administration on Postgres: the status, and failed and uncertain events.

use std::time::Instant;

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::{PgTransaction, PostgresStore, query};
use crate::add::Connection as _;
use crate::error::OutboxError;
use crate::rows::{Rows, Text};
use crate::settings::Settings;
use crate::status::Status;
use crate::store::aside::{AsideFilter, AsidePage, AsideRow, AsideStep, AsideTable};
use crate::store::model::{count, duration};

/// Read-only, so that a replica can answer too.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY";

const STATUS: &str = "WITH pending AS ( \
         SELECT count(*) AS events, min(added_at) FILTER (WHERE isfinite(added_at)) AS oldest FROM {events} \
     ), \
     requests AS ( \
         SELECT coalesce(sum(events) FILTER (WHERE relay IS NOT NULL AND lease_until > now()), 0)::bigint \
                 AS in_flight, \
             coalesce(sum(events) FILTER (WHERE relay IS NOT NULL AND lease_until > now() AND error IS NOT NULL), 0) \
                 ::bigint AS held_back, \
             coalesce(sum(events), 0)::bigint AS events, \
             min(added_at) FILTER (WHERE isfinite(added_at)) AS oldest \
         FROM {requests} \
     ) \
     SELECT pending.events + requests.events - requests.in_flight, requests.in_flight, \
         (extract(epoch FROM now() - least(pending.oldest, requests.oldest)) * 1000)::bigint, \
         (SELECT count(*) FROM {failed}), (SELECT count(*) FROM {uncertain}), \
         (SELECT count(*) FROM {delivered}), \
         coalesce(pg_sequence_last_value(pg_get_serial_sequence('{events}', 'id')::regclass), 0), \
         requests.held_back, \
         (SELECT convert_to(error, 'SQL_ASCII') FROM {requests} WHERE error IS NOT NULL \
             ORDER BY lease_until DESC, id LIMIT 1) \
     FROM pending, requests";

/// Whether every event is delivered, failed or uncertain.
const IS_EMPTY: &str =
    "SELECT NOT EXISTS (SELECT FROM {events}) AND NOT EXISTS (SELECT FROM {requests})";

/// Another program may have written infinite times, which are not numbers.
const COLUMNS: &str = "id, \
     CASE WHEN isfinite(failed_at) THEN (extract(epoch FROM failed_at) * 1000)::bigint END, \
     CASE WHEN isfinite(added_at) THEN (extract(epoch FROM added_at) * 1000)::bigint END, \
     {sent_at}, convert_to(name, 'SQL_ASCII'), convert_to(dedup_id, 'SQL_ASCII'), \
     convert_to(event_id, 'SQL_ASCII'), convert_to(seed, 'SQL_ASCII'), convert_to(traceparent, 'SQL_ASCII'), \
     convert_to(body, 'SQL_ASCII'), convert_to(error, 'SQL_ASCII')";

const PAGE: &str = "SELECT {columns} FROM {table} \
     WHERE id < $1 AND ($2::text IS NULL OR name = $2) AND ($3::bigint[] IS NULL OR id = ANY ($3)) \
     ORDER BY id DESC LIMIT $4";

/// Only the numbers of the events in `PAGE`.
const PAGE_IDS: &str = "SELECT id FROM {table} \
     WHERE id < $1 AND ($2::text IS NULL OR name = $2) AND ($3::bigint[] IS NULL OR id = ANY ($3)) \
     ORDER BY id DESC LIMIT $4";

/// Always locks in the same order, so that two programs never deadlock.
const LOCK: &str = "SELECT {columns} FROM {table} WHERE id = ANY ($1) ORDER BY id DESC FOR UPDATE";

const REMOVE: &str = "DELETE FROM {table} WHERE id = ANY ($1)";

const EXISTING: &str = "SELECT id FROM {table} WHERE id = ANY ($1)";

impl PostgresStore {
    async fn begin_read(&self) -> Result<PgTransaction, OutboxError> {
        self.pool.begin_with(BEGIN_READ).await.map_err(self.error())
    }

    pub(crate) async fn status(&self) -> Result<Status, OutboxError> {
        let mut tx = self.begin_read().await?;
        let status = query(&self.tables.fill(STATUS)).fetch_one(&mut *tx).await;
        let read_at = Instant::now();
        let read = |row: &PgRow| {
            Ok(Status {
                pending: count(row.try_get(0)?),
                in_flight: count(row.try_get(1)?),
                oldest: row.try_get::<Option<i64>, _>(2)?.map(duration),
                failed: count(row.try_get(3)?),
                uncertain: count(row.try_get(4)?),
                delivered: count(row.try_get(5)?),
                numbered: count(row.try_get(6)?),
                held_back: count(row.try_get(7)?),
                last_error: row
                    .try_get(8)
                    .map(|error: Option<_>| error.map(Text::of).map(Text::lossy))?,
                read_at,
            })
        };
        let status = status.and_then(|row| read(&row)).map_err(self.error())?;
        tx.commit().await.map_err(self.error())?;
        Ok(status)
    }

    /// The events of other relays, and the milliseconds that their leases last.
    pub(crate) async fn waits_for(&self, relay: &str) -> Result<(i64, i64), OutboxError> {
        let mut tx = self.begin_read().await?;
        let row = query(&self.statements.waits_for).bind(relay);
        let row = row.fetch_one(&mut *tx).await.map_err(self.error())?;
        let read = || Ok((row.try_get(0)?, row.try_get(1)?));
        let waits = read().map_err(self.error())?;
        tx.commit().await.map_err(self.error())?;
        Ok(waits)
    }

    pub(crate) async fn is_empty(&self) -> Result<bool, OutboxError> {
        let mut tx = self.begin_read().await?;
        let row = query(&self.tables.fill(IS_EMPTY)).fetch_one(&mut *tx).await;
        let is_empty = row.and_then(|row| row.try_get(0)).map_err(self.error())?;
        tx.commit().await.map_err(self.error())?;
        Ok(is_empty)
    }

    pub(crate) async fn aside(
        &self,
        page: AsidePage,
        filter: &AsideFilter,
    ) -> Result<Vec<AsideRow>, OutboxError> {
        let mut tx = self.begin_read().await?;
        let rows = query(&self.of_table(PAGE, page.table))
            .bind(page.before)
            .bind(&filter.name)
            .bind(&filter.ids)
            .bind(page.limit)
            .fetch_all(&mut *tx)
            .await
            .map_err(self.error())?;
        tx.commit().await.map_err(self.error())?;
        let rows: Result<Vec<_>, _> = rows.iter().map(|found| row(page.table, found)).collect();
        rows.map_err(self.error())
    }

    /// Which of these numbers events have.
    pub(crate) async fn existing_aside(
        &self,
        table: AsideTable,
        ids: &[i64],
    ) -> Result<Vec<i64>, OutboxError> {
        let mut tx = self.begin_read().await?;
        let rows = query(&self.of_table(EXISTING, table))
            .bind(ids)
            .fetch_all(&mut *tx)
            .await
            .map_err(self.error())?;
        tx.commit().await.map_err(self.error())?;
        let ids: Result<Vec<i64>, _> = rows.iter().map(|row| row.try_get(0)).collect();
        ids.map_err(self.error())
    }

    /// Removes the events of a page that `accepts` selects, and adds the rows that `again` makes of them, in one
    /// transaction.
    pub(crate) async fn remove_aside(
        &self,
        page: AsidePage,
        filter: &AsideFilter,
        settings: &Settings,
        accepts: impl Fn(&AsideRow) -> bool + Sync,
        again: impl Fn(&[AsideRow]) -> Result<Rows, OutboxError> + Sync,
    ) -> Result<AsideStep, OutboxError> {
        let mut tx = self.begin().await?;
        let ids = query(&self.of_table(PAGE_IDS, page.table))
            .bind(page.before)
            .bind(&filter.name)
            .bind(&filter.ids)
            .bind(page.limit)
            .fetch_all(&mut *tx)
            .await
            .map_err(self.error())?;
        let ids: Result<Vec<i64>, _> = ids.iter().map(|row| row.try_get(0)).collect();
        let ids = ids.map_err(self.error())?;
        let Some(before) = ids.last().copied() else {
            return Ok(AsideStep::default());
        };
        let rows = query(&self.of_table(LOCK, page.table))
            .bind(ids)
            .fetch_all(&mut *tx)
            .await
            .map_err(self.error())?;
        let rows: Result<Vec<_>, _> = rows.iter().map(|found| row(page.table, found)).collect();
        let rows = rows.map_err(self.error())?;
        let (rows, kept): (Vec<_>, Vec<_>) = rows.into_iter().partition(accepts);
        let removed: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let remove = query(&self.of_table(REMOVE, page.table))
            .bind(&removed)
            .execute(&mut *tx)
            .await;
        remove.map_err(self.error())?;
        let added = again(&rows)?;
        (&mut *tx).__add(settings.clone(), Ok(added)).await?;
        tx.commit().await.map_err(self.error())?;
        Ok(AsideStep {
            removed,
            kept: kept.iter().map(|row| row.id).collect(),
            before: Some(before),
        })
    }

    fn of_table(&self, sql: &str, table: AsideTable) -> String {
        let (table, sent_at) = match table {
            AsideTable::Failed => ("{failed}", "NULL::bigint"),
            AsideTable::Uncertain => (
                "{uncertain}",
                "CASE WHEN isfinite(sent_at) THEN (extract(epoch FROM sent_at) * 1000)::bigint END",
            ),
        };
        let sql = sql.replace("{columns}", COLUMNS).replace("{table}", table);
        self.tables.fill(&sql.replace("{sent_at}", sent_at))
    }
}

fn row(table: AsideTable, row: &PgRow) -> Result<AsideRow, sqlx::Error> {
    AsideRow::read(
        table,
        row.try_get(0)?,
        |index| row.try_get(index),
        |index| row.try_get(index),
    )
}
