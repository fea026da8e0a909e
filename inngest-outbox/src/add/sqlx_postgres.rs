//! Adds events with sqlx on Postgres.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use crate::add::insert::{self, Parameter};
use crate::add::{Adding, Connection};
use crate::error::OutboxError;
use crate::rows::Rows;
use crate::settings::Settings;

impl<'c> Connection for &'c mut PgConnection {
    type Added = Adding<'c>;

    fn __add(self, settings: Settings, rows: Result<Rows, OutboxError>) -> Adding<'c> {
        Box::pin(async move { add(self, &settings, &rows?).await })
    }
}

async fn add(
    connection: &mut PgConnection,
    settings: &Settings,
    rows: &Rows,
) -> Result<(), OutboxError> {
    for insert in insert::for_postgres(settings, rows) {
        let query = sqlx::query(AssertSqlSafe(insert.sql.to_owned()))
            .persistent(settings.uses_prepared_statements());
        let query = insert
            .parameters
            .into_iter()
            .fold(query, |query, parameter| match parameter {
                Parameter::Text(text) => query.bind(text),
                Parameter::Texts(texts) => query.bind(texts),
                Parameter::Integers(integers) => query.bind(integers),
                Parameter::Booleans(booleans) => query.bind(booleans),
            });
        let added = query.execute(&mut *connection).await;
        added.map_err(|error| OutboxError::of_sqlx(&settings.table_name(), error))?;
    }
    Ok(())
}
