//! The database of a test, and its contents.

use inngest_outbox::Outbox;
use outbox_tests::{TestDatabase, TestFile};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

/// A database with the tables of an outbox, and the table `orders` of an application.
#[derive(Debug)]
pub(crate) enum Database {
    Postgres(PgPool, TestDatabase),
    Sqlite(SqlitePool, TestFile),
}

/// A stored event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) name: String,
    pub(crate) dedup_id: Option<String>,
    pub(crate) body: String,
}

/// A stored request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StoredRequest {
    pub(crate) seed: String,
    pub(crate) events: i32,
    pub(crate) body: String,
    pub(crate) is_uncertain: bool,
}

const EVENTS: &str = "SELECT name, dedup_id, body FROM inngest_outbox ORDER BY id";

const REQUESTS: &str = "SELECT seed, events, body, sent_at IS NOT NULL AS is_uncertain \
     FROM inngest_outbox_requests ORDER BY id";

impl Database {
    pub(crate) async fn postgres() -> Self {
        let database = outbox_tests::postgres().await.unwrap();
        let pool = PgPool::connect(&database.url()).await.unwrap();
        Outbox::new().migrate(&pool).await.unwrap();
        let database = Self::Postgres(pool, database);
        database.run("CREATE TABLE orders (id bigint)").await;
        database
    }

    pub(crate) async fn sqlite() -> Self {
        let file = outbox_tests::sqlite();
        let pool = SqlitePool::connect(&file.url()).await.unwrap();
        Outbox::new().migrate(&pool).await.unwrap();
        let database = Self::Sqlite(pool, file);
        database.run("CREATE TABLE orders (id bigint)").await;
        database
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Postgres(_, database) => database.url(),
            Self::Sqlite(_, file) => file.url(),
        }
    }

    pub(crate) async fn run(&self, sql: &str) {
        let sql = AssertSqlSafe(sql);
        match self {
            Self::Postgres(pool, _) => drop(sqlx::raw_sql(sql).execute(pool).await.unwrap()),
            Self::Sqlite(pool, _) => drop(sqlx::raw_sql(sql).execute(pool).await.unwrap()),
        }
    }

    /// The events in the outbox, in order.
    pub(crate) async fn events(&self) -> Vec<Stored> {
        let rows: Vec<(String, Option<String>, String)> = match self {
            Self::Postgres(pool, _) => sqlx::query_as(EVENTS).fetch_all(pool).await.unwrap(),
            Self::Sqlite(pool, _) => sqlx::query_as(EVENTS).fetch_all(pool).await.unwrap(),
        };
        let event = |(name, dedup_id, body)| Stored {
            name,
            dedup_id,
            body,
        };
        rows.into_iter().map(event).collect()
    }

    /// The requests in the outbox, in order.
    pub(crate) async fn requests(&self) -> Vec<StoredRequest> {
        let rows: Vec<(String, i32, String, bool)> = match self {
            Self::Postgres(pool, _) => sqlx::query_as(REQUESTS).fetch_all(pool).await.unwrap(),
            Self::Sqlite(pool, _) => sqlx::query_as(REQUESTS).fetch_all(pool).await.unwrap(),
        };
        let request = |(seed, events, body, is_uncertain)| StoredRequest {
            seed,
            events,
            body,
            is_uncertain,
        };
        rows.into_iter().map(request).collect()
    }

    /// The single number that a query returns.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        match self {
            Self::Postgres(pool, _) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
            Self::Sqlite(pool, _) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }

    /// The number of rows in the table `orders`.
    pub(crate) async fn orders(&self) -> i64 {
        self.number("SELECT count(*) FROM orders").await
    }
}
