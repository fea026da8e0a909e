//! Adds events in transactions of the supported database libraries.

#[cfg(any(feature = "diesel-postgres", feature = "diesel-sqlite"))]
mod diesel;
mod insert;
#[cfg(feature = "rusqlite")]
mod rusqlite;
#[cfg(feature = "sea-orm")]
mod sea_orm;
#[cfg(feature = "postgres")]
mod sqlx_postgres;
#[cfg(feature = "sqlite")]
mod sqlx_sqlite;
#[cfg(feature = "tokio-postgres")]
mod tokio_postgres;

use crate::error::OutboxError;
use crate::rows::Rows;
use crate::settings::Settings;
use std::pin::Pin;

/// The connections that [`Outbox::add`](crate::Outbox::add) can use.
///
/// | library | feature | connection | `add` returns |
/// |---|---|---|---|
/// | sqlx, Postgres | `postgres` | `&mut PgConnection`: `&mut *tx` | a future |
/// | sqlx, SQLite | `sqlite` | `&mut SqliteConnection`: `&mut *tx` | a future |
/// | tokio-postgres | `tokio-postgres` | `&Transaction`, `&Client` | a future |
/// | diesel, Postgres | `diesel-postgres` or `diesel` | `&mut PgConnection` | a result |
/// | diesel, SQLite | `diesel-sqlite` or `diesel` | `&mut SqliteConnection` | a result |
/// | SeaORM on both | `sea-orm` | `&DatabaseTransaction`, `&DatabaseConnection` | a future |
/// | rusqlite | `rusqlite` | `&Transaction`, `&Savepoint`, `&Connection` | a result |
///
/// A connection from a pool dereferences to one of these: pass `&mut *connection` or `&*transaction`.
///
/// # diesel
///
/// The error of the closure that you pass to diesel's `transaction` must implement
/// `From<diesel::result::Error>`, because `BEGIN` and `COMMIT` can fail too. Use your own enum with `#[from]`
/// for that error and for [`OutboxError`], or a boxed error:
///
#[cfg_attr(feature = "diesel-sqlite", doc = "```")]
#[cfg_attr(not(feature = "diesel-sqlite"), doc = "```ignore")]
/// use diesel::prelude::*;
/// use inngest_core::RawEvent;
/// use inngest_outbox::Outbox;
///
/// fn place_order(connection: &mut SqliteConnection) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
///     let event = RawEvent::new("shop/order.placed", serde_json::json!({ "order": 42 }));
///     connection.transaction(|connection| {
///         diesel::sql_query("INSERT INTO orders (id) VALUES (42)").execute(connection)?;
///         Outbox::new().add(connection, event)?;
///         Ok(())
///     })
/// }
/// #
/// # let mut connection = SqliteConnection::establish(":memory:").unwrap();
/// # diesel::sql_query("CREATE TABLE orders (id INTEGER)").execute(&mut connection).unwrap();
/// # let error = place_order(&mut connection).unwrap_err();
/// # assert!(error.to_string().starts_with("there is no outbox table"), "{error}");
/// ```
///
/// # PgBouncer
///
/// In transaction mode, tokio-postgres and diesel work with any version, and sqlx with
/// [`Outbox::prepared_statements(false)`](crate::Outbox::prepared_statements) or from version 1.21. SeaORM
/// always names its statements, so it needs version 1.21 with `max_prepared_statements`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a connection that the outbox can use",
    label = "not a connection of a database library",
    note = "with sqlx, pass `&mut *tx` of a transaction on Postgres or SQLite",
    note = "turn on the feature of `inngest-outbox` for your library: `postgres` and `sqlite` (sqlx), `tokio-postgres`, `diesel`, `sea-orm` or `rusqlite`"
)]
pub trait Connection {
    /// What `add` returns: a future, or the result of a library without async.
    type Added;

    /// Inserts rows.
    #[doc(hidden)]
    fn __add(self, settings: Settings, rows: Result<Rows, OutboxError>) -> Self::Added;
}

/// The future of [`Outbox::add`](crate::Outbox::add) with an async library. It adds nothing until awaited.
pub type Adding<'a> = Pin<Box<dyn Future<Output = Result<(), OutboxError>> + Send + 'a>>;
