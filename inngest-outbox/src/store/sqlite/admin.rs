//! Administration on SQLite: the status, and failed and uncertain events.

use std::time::Instant;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::statements::NOW;
use super::{SqliteStore, json, query};
use crate::add::Connection as _;
use crate::error::OutboxError;
use crate::rows::{Rows, Text};
use crate::settings::Settings;
use crate::status::Status;
use crate::store::aside::{AsideFilter, AsidePage, AsideRow, AsideStep, AsideTable};
use crate::store::model::{count, duration};

/// The casts are needed because another program can write values of any type into any column.
const STATUS: &str = "WITH pending AS ( \
         SELECT count(*) AS events, min(CAST(added_at AS INTEGER)) AS oldest FROM {events} \
     ), \
     requests AS ( \
         SELECT coalesce(sum(events) FILTER (WHERE relay IS NOT NULL AND lease_until > {now}), 0) AS in_flight, \
             coalesce(sum(events) FILTER (WHERE relay IS NOT NULL AND lease_until > {now} AND error IS NOT NULL), 0) \
                 AS held_back, \
             coalesce(sum(events), 0) AS events, min(added_at) AS oldest \
         FROM ( \
             SELECT relay, error, CAST(lease_until AS INTEGER) AS lease_until, CAST(events AS INTEGER) AS events, \
                 CAST(added_at AS INTEGER) AS added_at \
             FROM {requests} \
         ) \
     ) \
     SELECT pending.events + requests.events - requests.in_flight, requests.in_flight, \
         CAST({now} - coalesce(min(pending.oldest, requests.oldest), pending.oldest, requests.oldest) \
             AS INTEGER), \
         (SELECT count(*) FROM {failed}), (SELECT count(*) FROM {uncertain}), \
         (SELECT count(*) FROM {delivered}), \
         coalesce((SELECT seq FROM {schema}sqlite_sequence WHERE name = '{name}'), 0), requests.held_back, \
         (SELECT CAST(error AS BLOB) FROM {requests} WHERE error IS NOT NULL \
             ORDER BY lease_until DESC, id LIMIT 1) \
     FROM pending, requests";

/// Whether every event is delivered, failed or uncertain.
const IS_EMPTY: &str =
    "SELECT NOT EXISTS (SELECT 1 FROM {events}) AND NOT EXISTS (SELECT 1 FROM {requests})";

/// Another program may have written values of any type, and text that is not UTF-8.
const PAGE: &str = "SELECT id, \
         CASE WHEN typeof(failed_at) IN ('integer', 'real') THEN CAST(failed_at AS INTEGER) END, \
         CASE WHEN typeof(added_at) IN ('integer', 'real') THEN CAST(added_at AS INTEGER) END, \
         {sent_at}, CAST(name AS BLOB), CAST(dedup_id AS BLOB), CAST(event_id AS BLOB), CAST(seed AS BLOB), \
         CAST(traceparent AS BLOB), CAST(body AS BLOB), CAST(error AS BLOB) \
     FROM {table} \
     WHERE id < ?1 AND (?2 IS NULL OR name = ?2) \
         AND (?3 IS NULL OR id IN (SELECT value FROM json_each(?3))) \
     ORDER BY id DESC LIMIT ?4";

const REMOVE: &str = "DELETE FROM {table} WHERE id IN (SELECT value FROM json_each(?1))";

const EXISTING: &str = "SELECT id FROM {table} WHERE id IN (SELECT value FROM json_each(?1))";

impl SqliteStore {
    pub(crate) async fn status(&self) -> Result<Status, OutboxError> {
        let sql = STATUS.replace("{now}", NOW);
        let status = query(&self.tables.fill(&sql)).fetch_one(&self.pool).await;
        let read_at = Instant::now();
        let read = |row: &SqliteRow| {
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
        status.and_then(|row| read(&row)).map_err(self.error())
    }

    /// The events of other relays, and the milliseconds that their leases last.
    pub(crate) async fn waits_for(&self, relay: &str) -> Result<(i64, i64), OutboxError> {
        let row = query(&self.statements.waits_for).bind(relay);
        let row = row.fetch_one(&self.pool).await.map_err(self.error())?;
        let read = || Ok((row.try_get(0)?, row.try_get(1)?));
        read().map_err(self.error())
    }

    pub(crate) async fn is_empty(&self) -> Result<bool, OutboxError> {
        let row = query(&self.tables.fill(IS_EMPTY))
            .fetch_one(&self.pool)
            .await;
        row.and_then(|row| row.try_get(0)).map_err(self.error())
    }

    pub(crate) async fn aside(
        &self,
        page: AsidePage,
        filter: &AsideFilter,
    ) -> Result<Vec<AsideRow>, OutboxError> {
        let rows = query(&self.of_table(PAGE, page.table))
            .bind(page.before)
            .bind(&filter.name)
            .bind(filter.ids.as_deref().map(json))
            .bind(page.limit)
            .fetch_all(&self.pool)
            .await
            .map_err(self.error())?;
        let rows: Result<Vec<_>, _> = rows.iter().map(|found| row(page.table, found)).collect();
        rows.map_err(self.error())
    }

    /// Which of these numbers events have.
    pub(crate) async fn existing_aside(
        &self,
        table: AsideTable,
        ids: &[i64],
    ) -> Result<Vec<i64>, OutboxError> {
        let rows = query(&self.of_table(EXISTING, table))
            .bind(json(ids))
            .fetch_all(&self.pool)
            .await
            .map_err(self.error())?;
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
        // The transaction holds the write lock, so no other program removes the same events.
        let mut tx = self.begin().await?;
        let rows = query(&self.of_table(PAGE, page.table))
            .bind(page.before)
            .bind(&filter.name)
            .bind(filter.ids.as_deref().map(json))
            .bind(page.limit)
            .fetch_all(&mut *tx)
            .await
            .map_err(self.error())?;
        let rows: Result<Vec<_>, _> = rows.iter().map(|found| row(page.table, found)).collect();
        let rows = rows.map_err(self.error())?;
        let Some(before) = rows.last().map(|row| row.id) else {
            return Ok(AsideStep::default());
        };
        let (rows, kept): (Vec<_>, Vec<_>) = rows.into_iter().partition(accepts);
        let removed: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let remove = query(&self.of_table(REMOVE, page.table))
            .bind(json(&removed))
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
            AsideTable::Failed => ("{failed}", "NULL"),
            AsideTable::Uncertain => (
                "{uncertain}",
                "CASE WHEN typeof(sent_at) IN ('integer', 'real') THEN CAST(sent_at AS INTEGER) END",
            ),
        };
        let sql = sql.replace("{table}", table);
        self.tables.fill(&sql.replace("{sent_at}", sent_at))
    }
}

fn row(table: AsideTable, row: &SqliteRow) -> Result<AsideRow, sqlx::Error> {
    AsideRow::read(
        table,
        row.try_get(0)?,
        |index| row.try_get(index),
        |index| row.try_get(index),
    )
}
