//! Adds events with SeaORM on Postgres and SQLite.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr,
    Statement, Value,
};
use std::borrow::Cow;

use crate::add::insert::{self, Parameter};
use crate::add::{Adding, Connection};
use crate::error::{DatabaseError, OutboxError};
use crate::rows::Rows;
use crate::settings::Settings;

impl<'c> Connection for &'c DatabaseTransaction {
    type Added = Adding<'c>;

    fn __add(self, settings: Settings, rows: Result<Rows, OutboxError>) -> Adding<'c> {
        Box::pin(async move { add(self, &settings, &rows?).await })
    }
}

impl<'c> Connection for &'c DatabaseConnection {
    type Added = Adding<'c>;

    fn __add(self, settings: Settings, rows: Result<Rows, OutboxError>) -> Adding<'c> {
        Box::pin(async move { add(self, &settings, &rows?).await })
    }
}

async fn add(
    connection: &impl ConnectionTrait,
    settings: &Settings,
    rows: &Rows,
) -> Result<(), OutboxError> {
    let backend = connection.get_database_backend();
    let inserts = match backend {
        DbBackend::Postgres => insert::for_postgres(settings, rows),
        DbBackend::Sqlite => insert::for_sqlite(settings, rows),
        _ => return Err(OutboxError::OtherDatabase),
    };
    for insert in inserts {
        let values = insert.parameters.into_iter().map(|parameter| -> Value {
            match parameter {
                Parameter::Text(text) => text.map(Cow::into_owned).into(),
                Parameter::Texts(texts) => {
                    let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
                    texts.into()
                }
                Parameter::Integers(integers) => integers.into(),
                Parameter::Booleans(booleans) => booleans.into(),
            }
        });
        let statement = Statement::from_sql_and_values(backend, insert.sql, values);
        let added = connection.execute_raw(statement).await;
        added.map_err(|error| of_sea_orm(&settings.table_name(), error))?;
    }
    Ok(())
}

fn of_sea_orm(table: &str, error: DbErr) -> OutboxError {
    let reported = match &error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            DatabaseError::of_sqlx(error.as_database_error())
        }
        _ => DatabaseError::default(),
    };
    OutboxError::of_database(table, &reported, error)
}
