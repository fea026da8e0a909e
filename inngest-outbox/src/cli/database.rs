//! Connects to the database that a URL names.

use std::str::FromStr as _;
use std::time::Duration;

use inngest_outbox::{Database, OutboxError};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Connection as _, PgConnection, SqliteConnection};

use crate::cli::error::{CliError, with_causes};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a statement waits while another program writes to the SQLite file.
const BUSY: Duration = Duration::from_secs(30);

/// The file of an SQLite database; empty for a database in memory and for a temporary one, which SQLite opens
/// if the path is empty.
const FILE: &str = "SELECT file FROM pragma_database_list WHERE name = 'main'";

/// The supported kinds of databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Postgres,
    Sqlite,
}

impl Kind {
    /// The kind of database that a URL names.
    pub(super) fn of(url: Option<&str>) -> Result<Self, CliError> {
        let Some(url) = url else {
            return Err(CliError::new(
                "no database is given; set DATABASE_URL, or write `--database URL`",
            ));
        };
        match url.split_once(':') {
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres),
            Some(("sqlite", _)) => Ok(Self::Sqlite),
            _ => Err(OutboxError::DatabaseUrl.into()),
        }
    }
}

/// What a command does with the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Creates the SQLite file.
    Migrate,
    /// Writes continually.
    Relay,
    /// Reads, or writes once.
    Short,
}

/// How to connect to a database. It holds the password, so it has no `Debug`.
pub(super) enum Target {
    Postgres(Box<PgConnectOptions>),
    Sqlite(Box<SqliteConnectOptions>),
}

/// Why there is no connection.
pub(super) struct Unreachable {
    pub(super) error: CliError,
    /// Whether the same attempt can succeed later.
    pub(super) is_transient: bool,
}

impl From<Unreachable> for CliError {
    fn from(unreachable: Unreachable) -> Self {
        unreachable.error
    }
}

impl Target {
    /// Reads a URL.
    pub(super) fn parse(url: Option<&str>, access: Access) -> Result<Self, CliError> {
        let kind = Kind::of(url)?;
        let url = url.unwrap_or_default();
        let wrong = |_| OutboxError::DatabaseUrl;
        Ok(match kind {
            Kind::Postgres => {
                let options = PgConnectOptions::from_str(url).map_err(wrong)?;
                // PgBouncer refuses `extra_float_digits`, and the next transaction may use a connection
                // without the prepared statements of this one. The outbox prepares none anyway.
                let options = options.extra_float_digits(None).statement_cache_capacity(0);
                let options = match options.get_application_name() {
                    Some(_) => options,
                    None => options.application_name("inngest-outbox"),
                };
                Self::Postgres(Box::new(options))
            }
            Kind::Sqlite => {
                let mut options = SqliteConnectOptions::from_str(url)
                    .map_err(wrong)?
                    .busy_timeout(BUSY);
                if access != Access::Short {
                    // Readers and the writer do not wait for each other. `synchronous` stays `FULL`: a request
                    // must be on the disk before it is sent.
                    options = options.journal_mode(SqliteJournalMode::Wal);
                }
                if access == Access::Migrate {
                    options = options.create_if_missing(true);
                }
                Self::Sqlite(Box::new(options))
            }
        })
    }

    /// Connects once, to report an error at once and in words, and returns a pool.
    pub(super) async fn connect(&self) -> Result<Database, Unreachable> {
        let lasts = async {
            match self {
                Self::Postgres(options) => {
                    PgConnection::connect_with(options).await?.close().await?;
                    Ok(true)
                }
                Self::Sqlite(options) => {
                    let mut connection = SqliteConnection::connect_with(options).await?;
                    let file: Option<String> =
                        sqlx::query_scalar(FILE).fetch_one(&mut connection).await?;
                    connection.close().await?;
                    Ok(file.is_some_and(|file| !file.is_empty()))
                }
            }
        };
        match tokio::time::timeout(CONNECT, lasts).await {
            Ok(Ok(true)) => Ok(self.pool()),
            Ok(Ok(false)) => Err(Unreachable {
                error: CliError::new(
                    "a database in memory or without a path ends with this program; write the path of a \
                     file, such as `sqlite:app.db`",
                ),
                is_transient: false,
            }),
            Ok(Err(error)) => Err(self.unreachable(&error)),
            Err(_elapsed) => Err(Unreachable {
                error: CliError::new(format!(
                    "{} did not answer within 10 seconds; check the URL, and that it runs",
                    self.name()
                )),
                is_transient: true,
            }),
        }
    }

    fn pool(&self) -> Database {
        match self {
            Self::Postgres(options) => PgPoolOptions::new()
                .max_connections(4)
                .acquire_timeout(CONNECT)
                .connect_lazy_with((**options).clone())
                .into(),
            Self::Sqlite(options) => SqlitePoolOptions::new()
                .max_connections(4)
                .connect_lazy_with((**options).clone())
                .into(),
        }
    }

    /// The database without user and password.
    fn name(&self) -> String {
        match self {
            Self::Postgres(options) => match options.get_socket() {
                Some(socket) => format!("the database at `{}`", socket.display()),
                None => {
                    let (host, port) = (options.get_host(), options.get_port());
                    format!("the database at `{host}:{port}`")
                }
            },
            Self::Sqlite(options) => {
                format!("the database file `{}`", options.get_filename().display())
            }
        }
    }

    fn unreachable(&self, error: &sqlx::Error) -> Unreachable {
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        let cause = with_causes(error);
        let name = self.name();
        let (text, is_transient) = match (self, code.as_deref(), error) {
            (Self::Postgres(_), _, sqlx::Error::Io(error)) => (
                format!("cannot reach {name}: {error}; check the URL, and that it runs"),
                true,
            ),
            (Self::Postgres(options), Some("3D000"), _) => {
                let database = options.get_database().unwrap_or(options.get_username());
                let text =
                    format!("{name} has no database `{database}`; create it, or correct the URL");
                (text, false)
            }
            (Self::Postgres(_), Some(code), _) if code.starts_with("28") => (
                format!("{name} refused the user: {cause}; check the user and the password"),
                false,
            ),
            // It is starting or stopping, or has too many connections.
            (Self::Postgres(_), Some(code), _)
                if code.starts_with("57P") || code.starts_with("53") || code.starts_with("08") =>
            {
                (format!("{name} accepts no connections now: {cause}"), true)
            }
            (Self::Sqlite(options), Some("14"), _) if !options.get_filename().exists() => {
                let folder = options.get_filename().parent();
                let text = match folder {
                    Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => {
                        let folder = folder.display();
                        format!(
                            "cannot create {name}: the folder `{folder}` does not exist; create it"
                        )
                    }
                    _ => {
                        format!("{name} does not exist; run `inngest-outbox migrate` to create it")
                    }
                };
                (text, false)
            }
            _ => (format!("cannot open {name}: {cause}"), false),
        };
        Unreachable {
            error: CliError::new(text),
            is_transient,
        }
    }
}
