//! Adds events with diesel on Postgres and SQLite.
//!
//! diesel does not pass on the code of an error, so the kind, the message and the position in the statement
//! tell what happened. If Postgres writes its messages in another language than English, a full disk and an
//! aborted transaction become [`OutboxError::Database`].

use diesel::RunQueryDsl as _;
use diesel::result::{DatabaseErrorKind, Error};

use crate::add::Connection;
use crate::add::insert;
use crate::error::{DatabaseError, OutboxError};
use crate::rows::Rows;
use crate::settings::Settings;

#[cfg(feature = "diesel-postgres")]
impl Connection for &mut diesel::PgConnection {
    type Added = Result<(), OutboxError>;

    fn __add(self, settings: Settings, rows: Result<Rows, OutboxError>) -> Self::Added {
        use diesel::sql_types::{Array, Bool, Integer, Nullable, Text};
        use insert::Parameter;

        for insert in insert::for_postgres(&settings, &rows?) {
            let query = diesel::sql_query(insert.sql).into_boxed::<diesel::pg::Pg>();
            let query =
                insert
                    .parameters
                    .into_iter()
                    .fold(query, |query, parameter| match parameter {
                        Parameter::Text(text) => query.bind::<Nullable<Text>, _>(text),
                        Parameter::Texts(texts) => query.bind::<Array<Text>, _>(texts),
                        Parameter::Integers(integers) => query.bind::<Array<Integer>, _>(integers),
                        Parameter::Booleans(booleans) => query.bind::<Array<Bool>, _>(booleans),
                    });
            let added = query.execute(self);
            added.map_err(|error| of_diesel(&settings.table_name(), insert.sql, error))?;
        }
        Ok(())
    }
}

#[cfg(feature = "diesel-sqlite")]
impl Connection for &mut diesel::SqliteConnection {
    type Added = Result<(), OutboxError>;

    fn __add(self, settings: Settings, rows: Result<Rows, OutboxError>) -> Self::Added {
        use diesel::query_builder::BoxedSqlQuery;
        use diesel::sql_types::{Nullable, Text};

        for insert in insert::for_sqlite(&settings, &rows?) {
            let sql = insert.sql;
            let query = diesel::sql_query(sql).into_boxed::<diesel::sqlite::Sqlite>();
            let texts = insert.into_texts().into_iter();
            let query = texts.fold(query, BoxedSqlQuery::bind::<Nullable<Text>, _>);
            let added = query.execute(self);
            added.map_err(|error| of_diesel(&settings.table_name(), sql, error))?;
        }
        Ok(())
    }
}

/// An error of the statement `sql`, which inserts into a table with a quoted name.
fn of_diesel(table: &str, sql: &str, error: Error) -> OutboxError {
    let mut reported = DatabaseError::default();
    if let Error::DatabaseError(kind, information) = &error {
        information.message().clone_into(&mut reported.message);
        // Postgres counts from 1.
        let at_table = sql.find('"').map(|at| at + 1);
        let position = information.statement_position();
        let position = position.and_then(|position| usize::try_from(position).ok());
        let code = match reported.message.as_str() {
            _ if matches!(kind, DatabaseErrorKind::ReadOnlyTransaction) => "25006",
            // The position of a missing table. An error about a column has a later position.
            _ if position.is_some() && position == at_table => "42P01",
            message if message.contains("transaction is aborted") => "25P02",
            message if message.contains("No space left on device") => "53100",
            message if message.starts_with("no such table") => "1",
            message if message.contains("readonly database") => "8",
            message if message.contains("disk is full") => "13",
            _ => "",
        };
        reported.code = Some(code.to_owned());
    }
    OutboxError::of_database(table, &reported, error)
}
