//! The error of the outbox.

use inngest_core::{BatchBytesError, PayloadError, SendError};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why the outbox could not do what was asked.
///
/// After an error in a transaction, Postgres refuses every further statement and rolls the transaction
/// back. So return the error; do not commit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// The server would refuse the event or change it. Nothing was added.
    #[error(transparent)]
    Event(#[from] PayloadError),

    /// The name of the table cannot be used.
    #[error(
        "`{table}` cannot be the name of an outbox table; write up to 45 letters, digits and `_`, not \
         beginning with a digit, after an optional schema and `.`"
    )]
    TableName {
        /// The name as given.
        table: String,
    },

    /// The table does not exist.
    #[error(
        "there is no outbox table `{table}` in this database; run \
         `inngest-outbox migrate --table {table}`, or call `Outbox::migrate`"
    )]
    NoTable {
        /// The name of the table.
        table: String,
    },

    /// The version of the tables is missing, for example because only the schema was restored from a backup.
    #[error(
        "the table `{table}_version` is empty, so the version of the outbox tables is unknown; insert the \
         version that it had before"
    )]
    NoVersion {
        /// The name of the table of events.
        table: String,
    },

    /// The tables were created by an older version of this library.
    #[error(
        "the outbox tables have version {found}, and this program needs version {expected}; run \
         `inngest-outbox migrate`"
    )]
    OlderTables {
        /// The version of the tables.
        found: i32,
        /// The version that this library needs.
        expected: i32,
    },

    /// The tables were created by a newer version of this library.
    #[error(
        "the outbox tables have version {found}, and this program knows versions up to {expected}; \
         update inngest-outbox"
    )]
    NewerTables {
        /// The version of the tables.
        found: i32,
        /// The version that this library needs.
        expected: i32,
    },

    /// The database cannot store every event, because its texts have another encoding than UTF-8.
    #[error(
        "the database has the encoding {found}, and events are UTF-8; create a database with the encoding \
         UTF-8 for the outbox"
    )]
    Encoding {
        /// The encoding of the database.
        found: String,
    },

    /// An earlier statement of the transaction failed, so the database rolls the transaction back.
    #[error(
        "an earlier statement of this transaction failed, so the database refuses all others; roll it back \
         and start again"
    )]
    TransactionAborted,

    /// The database, or the connection to it, is read-only.
    #[error("the database is read-only, so no event can be stored; connect to the primary server")]
    ReadOnly(#[source] Source),

    /// The disk of the database is full.
    #[error("the disk of the database is full, so no event can be stored; make room on it")]
    DiskFull(#[source] Source),

    /// The database failed.
    #[error("the database failed")]
    Database(#[source] Source),

    /// The URL of the database cannot be used. It is not shown, because it may contain a password.
    #[error(
        "the database URL cannot be used; write `postgres://user@host/database` or `sqlite:path`"
    )]
    DatabaseUrl,

    /// The database is neither Postgres nor SQLite.
    #[error("the outbox does not know this database; connect to Postgres or SQLite")]
    OtherDatabase,

    /// A stored request cannot be read.
    #[error(transparent)]
    Stored(#[from] BatchBytesError),

    /// The client could not prepare a request.
    #[error("the client could not prepare a request: {0}")]
    Client(#[from] SendError),
}

/// What the database reports about an error, whichever library passes it on.
#[derive(Debug, Default)]
pub(crate) struct DatabaseError {
    /// The SQLSTATE of Postgres, or the extended result code of SQLite.
    pub(crate) code: Option<String>,
    pub(crate) message: String,
}

impl OutboxError {
    /// An error of the database on the table `table`.
    pub(crate) fn of_database(
        table: &str,
        reported: &DatabaseError,
        source: impl Into<Source>,
    ) -> Self {
        let code = reported.code.as_deref().unwrap_or_default();
        // A SQLSTATE has five characters; a code of SQLite is shorter.
        let sqlite = (code.len() < 5).then(|| code.parse::<u32>().ok());
        let sqlite = sqlite.flatten().map(|code| code & 0xff);
        match (code, sqlite) {
            ("42P01" | "3F000", _) => Self::NoTable {
                table: table.to_owned(),
            },
            ("25P02", _) => Self::TransactionAborted,
            ("25006", _) | (_, Some(8)) => Self::ReadOnly(source.into()),
            ("53100", _) | (_, Some(13)) => Self::DiskFull(source.into()),
            (_, Some(1)) if reported.message.contains("no such table") => Self::NoTable {
                table: table.to_owned(),
            },
            _ => Self::Database(source.into()),
        }
    }

    /// Whether the same operation can succeed later without anyone changing anything.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Database(_) | Self::DiskFull(_) | Self::ReadOnly(_) | Self::Client(_)
        )
    }
}

#[cfg(feature = "_relay")]
impl OutboxError {
    /// An error of sqlx when it reads the version of the tables.
    pub(crate) fn of_version(table: &str, error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NoVersion {
                table: table.to_owned(),
            },
            error => Self::of_sqlx(table, error),
        }
    }

    /// An error of sqlx on the table `table`.
    pub(crate) fn of_sqlx(table: &str, error: sqlx::Error) -> Self {
        let reported = DatabaseError::of_sqlx(error.as_database_error());
        Self::of_database(table, &reported, error)
    }
}

#[cfg(any(feature = "_relay", feature = "sea-orm"))]
impl DatabaseError {
    pub(crate) fn of_sqlx(error: Option<&dyn sqlx::error::DatabaseError>) -> Self {
        error.map_or_else(Self::default, |error| Self {
            code: error.code().map(Into::into),
            message: error.message().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_of_postgres_and_sqlite_do_not_mix() {
        let of = |code: &str, message: &str| {
            let reported = DatabaseError {
                code: Some(code.to_owned()),
                message: message.to_owned(),
            };
            OutboxError::of_database("shop.events", &reported, "source")
        };
        assert!(
            matches!(of("42P01", ""), OutboxError::NoTable { table } if table == "shop.events")
        );
        assert!(matches!(
            of("1", "no such table: x"),
            OutboxError::NoTable { .. }
        ));
        assert!(matches!(of("1", "syntax error"), OutboxError::Database(_)));
        assert!(matches!(of("25P02", ""), OutboxError::TransactionAborted));
        for code in ["25006", "8", "1032"] {
            assert!(matches!(of(code, ""), OutboxError::ReadOnly(_)), "{code}");
        }
        for code in ["53100", "13"] {
            assert!(matches!(of(code, ""), OutboxError::DiskFull(_)), "{code}");
        }
        // The low byte of each number would be a SQLite code.
        for code in ["53000", "21000", "23053"] {
            assert!(matches!(of(code, ""), OutboxError::Database(_)), "{code}");
        }
    }
}
