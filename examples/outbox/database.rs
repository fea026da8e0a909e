//! The shop's database, on SQLite or Postgres.

use std::error::Error;

use inngest_outbox::{Database, Outbox};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{PgPool, SqlitePool};

use crate::OrderPlaced;

/// A shop with a table of orders.
pub(crate) enum Shop {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

impl Shop {
    pub(crate) async fn open(url: &str) -> Result<Self, Box<dyn Error>> {
        if url.starts_with("postgres") {
            return Ok(Self::Postgres(PgPool::connect(url).await?));
        }
        let options: SqliteConnectOptions = url.parse()?;
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        Ok(Self::Sqlite(SqlitePool::connect_with(options).await?))
    }

    pub(crate) fn database(&self) -> Database {
        match self {
            Self::Postgres(pool) => pool.into(),
            Self::Sqlite(pool) => pool.into(),
        }
    }

    /// Creates the tables.
    pub(crate) async fn create(&self, outbox: &Outbox) -> Result<(), Box<dyn Error>> {
        const ORDERS: &str = "CREATE TABLE outbox_example_orders (id INTEGER, sku TEXT)";
        outbox.migrate(self.database()).await?;
        match self {
            Self::Postgres(pool) => sqlx::query(ORDERS).execute(pool).await.map(|_| ())?,
            Self::Sqlite(pool) => sqlx::query(ORDERS).execute(pool).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Places an order: one transaction for the shop's row and the event.
    pub(crate) async fn place(
        &self,
        outbox: &Outbox,
        order: &OrderPlaced,
        commits: bool,
    ) -> Result<(), Box<dyn Error>> {
        const INSERT: &str = "INSERT INTO outbox_example_orders (id, sku) VALUES ($1, $2)";
        let id = i32::try_from(order.order_id)?;
        match self {
            Self::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                sqlx::query(INSERT)
                    .bind(id)
                    .bind(&order.sku)
                    .execute(&mut *tx)
                    .await?;
                outbox.add(&mut *tx, order).await?;
                if commits {
                    tx.commit().await?;
                } else {
                    tx.rollback().await?;
                }
            }
            Self::Sqlite(pool) => {
                let mut tx = pool.begin().await?;
                sqlx::query(INSERT)
                    .bind(id)
                    .bind(&order.sku)
                    .execute(&mut *tx)
                    .await?;
                outbox.add(&mut *tx, order).await?;
                if commits {
                    tx.commit().await?;
                } else {
                    tx.rollback().await?;
                }
            }
        }
        Ok(())
    }

    /// Deletes the tables on Postgres. The SQLite file is deleted as a whole.
    pub(crate) async fn remove(&self) -> Result<(), Box<dyn Error>> {
        const DROP: &str = "DROP TABLE outbox_example_orders, outbox_example, outbox_example_requests, \
             outbox_example_failed, outbox_example_uncertain, outbox_example_delivered, outbox_example_version";
        if let Self::Postgres(pool) = self {
            sqlx::query(DROP).execute(pool).await?;
        }
        Ok(())
    }
}
