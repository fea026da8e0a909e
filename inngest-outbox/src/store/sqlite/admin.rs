//! Administration on SQLite: the status, and failed and uncertain events.

use std::time::Instant;

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::statements::NOW;
use super::{SqliteStore, json, query};
use crate::add::Connection as _;
use crate::error::OutboxError;
use crate::rows::Rows;
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
             coalesce(sum(events), 0) AS events, min(added_at) AS oldest \
         FROM ( \
             SELECT relay, CAST(lease_until AS INTEGER) AS lease_until, CAST(events AS INTEGER) AS events, \
                 CAST(added_at AS INTEGER) AS added_at \
             FROM {requests} \
         ) \
     ) \
     SELECT pending.events + requests.events - requests.in_flight, requests.in_flight, \
         CAST({now} - coalesce(min(pending.oldest, requests.oldest), pending.oldest, requests.oldest) \
             AS INTEGER), \
         (SELECT count(*) FROM {failed}), (SELECT count(*) FROM {uncertain}), \
         (SELECT count(*) FROM {delivered}), \
         coalesce((SELECT seq FROM {schema}sqlite_sequence WHERE name = '{name}'), 0) \
     FROM pending, requests";

/// Whether every event is delivered, failed or uncertain.
const IS_EMPTY: &str =
    "SELECT NOT EXISTS (SELECT 1 FROM {events}) AND NOT EXISTS (SELECT 1 FROM {requests})";

const PAGE: &str = "SELECT id, failed_at, added_at, {sent_at}, name, dedup_id, event_id, seed, traceparent, body, error \
     FROM {table} \
     WHERE id < ?1 AND (?2 IS NULL OR name = ?2) \
         AND (?3 IS NULL OR id IN (SELECT value FROM json_each(?3))) \
     ORDER BY id DESC LIMIT ?4";

const REMOVE: &str = "DELETE FROM {table} WHERE id IN (SELECT value FROM json_each(?1))";

const EXISTING: &str = "SELECT id FROM {table} WHERE id IN (SELECT value FROM json_each(?1))";

impl SqliteStore {
    pub(crate) async fn status(&self) -> Result<Status, OutboxError> {
        let schema = self.tables.schema();
        let schema = schema.map_or(String::new(), |schema| format!("\"{schema}\"."));
        let sql = STATUS.replace("{now}", NOW).replace("{schema}", &schema);
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
                read_at,
            })
        };
        status.and_then(|row| read(&row)).map_err(self.error())
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
        let rows: Result<Vec<_>, _> = rows.iter().map(row).collect();
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

    /// Removes a page of events, and adds the rows that `again` makes of them, in one transaction.
    pub(crate) async fn remove_aside(
        &self,
        page: AsidePage,
        filter: &AsideFilter,
        settings: &Settings,
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
        let rows: Result<Vec<_>, _> = rows.iter().map(row).collect();
        let rows = rows.map_err(self.error())?;
        let removed: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let Some(before) = removed.last().copied() else {
            return Ok(AsideStep::default());
        };
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
            before: Some(before),
        })
    }

    fn of_table(&self, sql: &str, table: AsideTable) -> String {
        let (table, sent_at) = match table {
            AsideTable::Failed => ("{failed}", "NULL"),
            AsideTable::Uncertain => ("{uncertain}", "sent_at"),
        };
        let sql = sql.replace("{table}", table);
        self.tables.fill(&sql.replace("{sent_at}", sent_at))
    }
}

fn row(row: &SqliteRow) -> Result<AsideRow, sqlx::Error> {
    Ok(AsideRow {
        id: row.try_get(0)?,
        failed_at: row.try_get(1)?,
        added_at: row.try_get(2)?,
        sent_at: row.try_get(3)?,
        name: row.try_get(4)?,
        dedup_id: row.try_get(5)?,
        event_id: row.try_get(6)?,
        seed: row.try_get(7)?,
        traceparent: row.try_get(8)?,
        body: row.try_get(9)?,
        error: row.try_get(10)?,
    })
}
