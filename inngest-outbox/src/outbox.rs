//! The outbox, where events wait until a relay sends them.

use inngest_core::{IntoEvents, IntoPayload};

use crate::add::Connection;
use crate::error::OutboxError;
use crate::rows::Rows;
use crate::settings::Settings;
#[cfg(feature = "_relay")]
use crate::store::{Database, Store, each};

/// Stores events in your own database transaction. After the commit, a [`Relay`](crate::Relay) sends them.
///
/// An outbox holds the name of its tables and some settings, but no connection. Cloning it is cheap.
#[derive(Clone, Debug, Default)]
#[must_use = "an outbox stores nothing before `add`"]
pub struct Outbox(pub(crate) Settings);

impl Outbox {
    /// The outbox in the table `inngest_outbox`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name of the table, `table` or `schema.table`. The other tables of the outbox have this
    /// name and a suffix. A database can have several outboxes, for example one for each event key.
    ///
    /// An invalid name is reported when the outbox is used.
    pub fn table(mut self, table: &str) -> Self {
        self.0.set_table(table);
        self
    }

    /// Sets the size of the largest event, in bytes of JSON. Default: 3 MiB, which no plan of Inngest exceeds;
    /// the free plan takes 256 KiB.
    pub fn max_event_bytes(mut self, bytes: usize) -> Self {
        self.0.set_max_event_bytes(bytes);
        self
    }

    /// Sets whether `add` uses named prepared statements with sqlx on Postgres, which save a round trip.
    /// Default: yes. PgBouncer before version 1.21 needs `false` in transaction mode.
    pub fn prepared_statements(mut self, enabled: bool) -> Self {
        self.0.set_prepared_statements(enabled);
        self
    }

    /// Adds an event in the transaction of a connection. A relay sends it after the transaction has
    /// committed. If the transaction is rolled back, the event is never sent.
    ///
    /// The connection is `&mut *tx` of a transaction of sqlx, or the transaction of another library whose
    /// feature is on; see [`Connection`]. You can also pass a connection without a transaction: the event
    /// is then committed at once.
    ///
    /// With an async library, this returns a future; with any other library, a result.
    ///
    /// # Errors
    ///
    /// The server would refuse the event or change it, or the database fails.
    pub fn add<C: Connection>(&self, connection: C, event: impl IntoPayload) -> C::Added {
        let rows = self.row(event);
        connection.__add(self.0.clone(), rows)
    }

    /// Adds events in the transaction of a connection, in one `INSERT`. Pass a
    /// [`Batch`](inngest_core::Batch), or anything that iterates over events; see
    /// [`Client::send_many`](inngest_core::Client::send_many).
    ///
    /// The requests of a batch from [`BatchError::into_unsent`](inngest_core::BatchError::into_unsent) keep
    /// their event ids. If the batch also has events that are in no request, they take a second `INSERT`, so
    /// pass a transaction.
    ///
    /// # Errors
    ///
    /// The server would refuse an event or change it, or the database fails. Nothing was added, unless a batch
    /// needed two statements and had no transaction.
    pub fn add_many<'a, C: Connection>(
        &self,
        connection: C,
        events: impl IntoEvents<'a>,
    ) -> C::Added {
        let rows = self
            .0
            .max_event_bytes()
            .and_then(|max| Rows::of(events, max));
        connection.__add(self.0.clone(), rows)
    }

    /// Creates the tables of the outbox, or upgrades them to the version of this library. Several programs may
    /// do this at the same time, and it changes nothing if the tables are up to date.
    ///
    /// To run the statements with your own migrations, print them with `inngest-outbox migrate --print`.
    ///
    /// # Errors
    ///
    /// A newer version of this library created the tables, the encoding of the database is not UTF-8, or the
    /// database fails.
    #[cfg(feature = "_relay")]
    pub async fn migrate(&self, database: impl Into<Database>) -> Result<(), OutboxError> {
        self.__migrate(database).await.map(|_| ())
    }

    /// Migrates, and returns the version that the tables had, or 0 if there were none. For the program.
    #[cfg(feature = "_relay")]
    #[doc(hidden)]
    pub async fn __migrate(&self, database: impl Into<Database>) -> Result<i32, OutboxError> {
        let store = Store::new(&self.0, database.into())?;
        each!(&store, store => store.migrate().await)
    }

    /// The SQL of [`migrate`](Self::migrate) on Postgres, for your own migrations: one script for each
    /// version of the tables, oldest first.
    ///
    /// # Errors
    ///
    /// The name of the table cannot be used.
    #[cfg(feature = "postgres")]
    pub fn postgres_migrations(&self) -> Result<Vec<String>, OutboxError> {
        let tables = self.0.tables()?;
        let migrations = crate::schema::POSTGRES.iter().map(|sql| tables.fill(sql));
        let mut migrations: Vec<_> = migrations.collect();
        if let (Some(schema), Some(first)) = (tables.schema(), migrations.first_mut()) {
            first.insert_str(0, &format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\";\n\n"));
        }
        Ok(migrations)
    }

    /// The SQL of [`migrate`](Self::migrate) on SQLite, for your own migrations: one script for each
    /// version of the tables, oldest first.
    ///
    /// # Errors
    ///
    /// The name of the table cannot be used.
    #[cfg(feature = "sqlite")]
    pub fn sqlite_migrations(&self) -> Result<Vec<String>, OutboxError> {
        let tables = self.0.tables()?;
        let migrations = crate::schema::SQLITE.iter().map(|sql| tables.fill(sql));
        Ok(migrations.collect())
    }

    fn row(&self, event: impl IntoPayload) -> Result<Rows, OutboxError> {
        let mut batch = inngest_core::Batch::new();
        batch.push(event)?;
        Rows::of(batch, self.0.max_event_bytes()?)
    }
}
