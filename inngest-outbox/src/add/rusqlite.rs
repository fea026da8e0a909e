//! Adds events with rusqlite.

use rusqlite::{Savepoint, Transaction};

use crate::add::Connection;
use crate::add::insert;
use crate::error::{DatabaseError, OutboxError};
use crate::rows::Rows;
use crate::settings::Settings;

impl Connection for &rusqlite::Connection {
    type Added = Result<(), OutboxError>;

    fn __add(self, settings: Settings, rows: Result<Rows, OutboxError>) -> Self::Added {
        for insert in insert::for_sqlite(&settings, &rows?) {
            let sql = insert.sql;
            let added = self.execute(sql, rusqlite::params_from_iter(insert.into_texts()));
            added.map_err(|error| of_rusqlite(&settings.table_name(), error))?;
        }
        Ok(())
    }
}

impl Connection for &Transaction<'_> {
    type Added = Result<(), OutboxError>;

    fn __add(self, settings: Settings, rows: Result<Rows, OutboxError>) -> Self::Added {
        (**self).__add(settings, rows)
    }
}

impl Connection for &Savepoint<'_> {
    type Added = Result<(), OutboxError>;

    fn __add(self, settings: Settings, rows: Result<Rows, OutboxError>) -> Self::Added {
        (**self).__add(settings, rows)
    }
}

fn of_rusqlite(table: &str, error: rusqlite::Error) -> OutboxError {
    // An error without a code is about the statement itself (`SqlInputError`, which rusqlite returns with its
    // feature `modern_sqlite`), so it is SQLITE_ERROR.
    let code = error.sqlite_error().map_or(1, |error| error.extended_code);
    let reported = DatabaseError {
        code: Some(code.to_string()),
        message: error.to_string(),
    };
    OutboxError::of_database(table, &reported, error)
}
