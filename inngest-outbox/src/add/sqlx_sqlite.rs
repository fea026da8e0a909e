//! Adds events with sqlx on SQLite.

use sqlx::query::Query;
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::add::insert;
use crate::add::{Adding, Connection};
use crate::error::OutboxError;
use crate::rows::Rows;
use crate::settings::Settings;

impl<'c> Connection for &'c mut SqliteConnection {
    type Added = Adding<'c>;

    fn __add(self, settings: Settings, rows: Result<Rows, OutboxError>) -> Adding<'c> {
        Box::pin(async move { add(self, &settings, &rows?).await })
    }
}

async fn add(
    connection: &mut SqliteConnection,
    settings: &Settings,
    rows: &Rows,
) -> Result<(), OutboxError> {
    for insert in insert::for_sqlite(settings, rows) {
        let query = sqlx::query(AssertSqlSafe(insert.sql.to_owned()));
        let texts = insert.into_texts().into_iter();
        let query = texts.fold(query, Query::bind);
        let added = query.execute(&mut *connection).await;
        added.map_err(|error| OutboxError::of_sqlx(&settings.table_name(), error))?;
    }
    Ok(())
}
