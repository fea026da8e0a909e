//! The database that the program measures.

use inngest_core::RawEvent;
use inngest_outbox::{Database, Outbox};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use crate::Error;

/// The schema on Postgres.
const SCHEMA: &str = "inngest_outbox_bench";

/// A database with an empty outbox and a table of orders.
pub(crate) enum Bench {
    Postgres(PgPool),
    /// The pool, and the folder, which is deleted when the value is dropped.
    Sqlite(
        SqlitePool,
        #[expect(dead_code, reason = "dropping it deletes the folder")] tempfile::TempDir,
    ),
}

impl Bench {
    pub(crate) async fn new(url: &str) -> Result<Self, Error> {
        let orders = "CREATE TABLE orders (id BIGINT, sku TEXT, quantity INT)";
        let bench = if url.starts_with("postgres") {
            let options: PgConnectOptions = url.parse()?;
            let options = options.options([("search_path", SCHEMA)]);
            let pool = PgPoolOptions::new()
                .max_connections(32)
                .connect_with(options)
                .await?;
            for sql in [
                format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"),
                format!("CREATE SCHEMA {SCHEMA}"),
                orders.to_owned(),
            ] {
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&pool).await?;
            }
            Self::Postgres(pool)
        } else {
            let folder = tempfile::tempdir()?;
            let options = SqliteConnectOptions::new()
                .filename(folder.path().join("outbox.db"))
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .busy_timeout(std::time::Duration::from_mins(1));
            let pool = SqlitePoolOptions::new()
                .max_connections(32)
                .connect_with(options)
                .await?;
            sqlx::raw_sql(orders).execute(&pool).await?;
            Self::Sqlite(pool, folder)
        };
        outbox().migrate(bench.database()).await?;
        Ok(bench)
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "Postgres",
            Self::Sqlite(..) => "SQLite",
        }
    }

    pub(crate) fn database(&self) -> Database {
        match self {
            Self::Postgres(pool) => pool.into(),
            Self::Sqlite(pool, _) => pool.into(),
        }
    }

    /// Inserts an order in a transaction, with or without its event.
    pub(crate) async fn order(&self, n: i64, with_event: bool) -> Result<(), Error> {
        const INSERT: &str = "INSERT INTO orders (id, sku, quantity) VALUES ($1, $2, $3)";
        let outbox = outbox();
        match self {
            Self::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                let insert = sqlx::query(INSERT).bind(n).bind("sku-1").bind(3_i32);
                insert.execute(&mut *tx).await?;
                if with_event {
                    outbox.add(&mut *tx, event(n)).await?;
                }
                tx.commit().await?;
            }
            Self::Sqlite(pool, _) => {
                let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                let insert = sqlx::query(INSERT).bind(n).bind("sku-1").bind(3_i32);
                insert.execute(&mut *tx).await?;
                if with_event {
                    outbox.add(&mut *tx, event(n)).await?;
                }
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// Adds events to the outbox.
    pub(crate) async fn fill(&self, events: i64) -> Result<(), Error> {
        let outbox = outbox();
        for first in (0..events).step_by(5_000) {
            let group = (first..events.min(first + 5_000)).map(event);
            match self {
                Self::Postgres(pool) => {
                    let mut tx = pool.begin().await?;
                    outbox.add_many(&mut *tx, group).await?;
                    tx.commit().await?;
                }
                Self::Sqlite(pool, _) => {
                    let mut tx = pool.begin().await?;
                    outbox.add_many(&mut *tx, group).await?;
                    tx.commit().await?;
                }
            }
        }
        Ok(())
    }

    /// Runs a statement.
    pub(crate) async fn run(&self, sql: &'static str) -> Result<(), Error> {
        match self {
            Self::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(|_| ())?,
            Self::Sqlite(pool, _) => sqlx::raw_sql(sql).execute(pool).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Whether the relays have sent all events.
    pub(crate) async fn is_empty(&self) -> Result<bool, Error> {
        const EMPTY: &str = "SELECT NOT EXISTS (SELECT 1 FROM inngest_outbox_requests) \
             AND NOT EXISTS (SELECT 1 FROM inngest_outbox)";
        Ok(match self {
            Self::Postgres(pool) => sqlx::query_scalar(EMPTY).fetch_one(pool).await?,
            Self::Sqlite(pool, _) => sqlx::query_scalar(EMPTY).fetch_one(pool).await?,
        })
    }

    pub(crate) async fn remove(self) -> Result<(), Error> {
        if let Self::Postgres(pool) = &self {
            let drop = format!("DROP SCHEMA {SCHEMA} CASCADE");
            sqlx::raw_sql(AssertSqlSafe(drop)).execute(pool).await?;
        }
        Ok(())
    }
}

pub(crate) fn outbox() -> Outbox {
    Outbox::new()
}

/// An event of about 300 bytes.
pub(crate) fn event(n: i64) -> RawEvent {
    let data = serde_json::json!({
        "order_id": n,
        "sku": "sku-1",
        "quantity": 3,
        "note": "x".repeat(150),
    });
    RawEvent::new("storefront/order.placed", data).id(format!("storefront-order-placed-{n}"))
}
