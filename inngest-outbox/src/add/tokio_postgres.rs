//! Adds events with tokio-postgres.

use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, GenericClient, Transaction};

use crate::add::insert::{self, Parameter};
use crate::add::{Adding, Connection};
use crate::error::{DatabaseError, OutboxError};
use crate::rows::Rows;
use crate::settings::Settings;

impl<'c> Connection for &'c Transaction<'_> {
    type Added = Adding<'c>;

    fn __add(self, settings: Settings, rows: Result<Rows, OutboxError>) -> Adding<'c> {
        Box::pin(async move { add(self, &settings, &rows?).await })
    }
}

impl<'c> Connection for &'c Client {
    type Added = Adding<'c>;

    fn __add(self, settings: Settings, rows: Result<Rows, OutboxError>) -> Adding<'c> {
        Box::pin(async move { add(self, &settings, &rows?).await })
    }
}

async fn add(
    client: &impl GenericClient,
    settings: &Settings,
    rows: &Rows,
) -> Result<(), OutboxError> {
    for insert in insert::for_postgres(settings, rows) {
        let parameters: Vec<(&(dyn ToSql + Sync), Type)> = insert
            .parameters
            .iter()
            .map(|parameter| -> (&(dyn ToSql + Sync), Type) {
                match parameter {
                    Parameter::Text(text) => (text, Type::TEXT),
                    Parameter::Texts(texts) => (texts, Type::TEXT_ARRAY),
                    Parameter::Integers(integers) => (integers, Type::INT4_ARRAY),
                    Parameter::Booleans(booleans) => (booleans, Type::BOOL_ARRAY),
                }
            })
            .collect();
        // Because the types are known, this takes one round trip and needs no named statement.
        let added = client.execute_typed(insert.sql, &parameters).await;
        added.map_err(|error| of_tokio_postgres(&settings.table_name(), error))?;
    }
    Ok(())
}

fn of_tokio_postgres(table: &str, error: tokio_postgres::Error) -> OutboxError {
    let reported = error.as_db_error().map(|error| DatabaseError {
        code: Some(error.code().code().to_owned()),
        message: error.message().to_owned(),
    });
    OutboxError::of_database(table, &reported.unwrap_or_default(), error)
}
