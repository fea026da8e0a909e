//! Reads and writes the tables of an outbox, on Postgres or SQLite.

pub(crate) mod aside;
pub(crate) mod model;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
#[cfg(all(test, feature = "sqlite"))]
mod tests;

use std::time::Duration;

use crate::error::OutboxError;
use crate::settings::Settings;
use crate::store::model::{
    Claim, ClaimLimit, CutEvents, HoldNote, IMPOSSIBLE_LEASE, Lease, Leased, PendingEvent,
    Settlement, count, duration, millis,
};

/// The database of an outbox: a connection pool of sqlx on Postgres or SQLite.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Database {
    /// A pool on Postgres.
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
    /// A pool on SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
}

#[cfg(feature = "postgres")]
impl From<sqlx::PgPool> for Database {
    fn from(pool: sqlx::PgPool) -> Self {
        Self::Postgres(pool)
    }
}

#[cfg(feature = "postgres")]
impl From<&sqlx::PgPool> for Database {
    fn from(pool: &sqlx::PgPool) -> Self {
        Self::Postgres(pool.clone())
    }
}

#[cfg(feature = "sqlite")]
impl From<sqlx::SqlitePool> for Database {
    fn from(pool: sqlx::SqlitePool) -> Self {
        Self::Sqlite(pool)
    }
}

#[cfg(feature = "sqlite")]
impl From<&sqlx::SqlitePool> for Database {
    fn from(pool: &sqlx::SqlitePool) -> Self {
        Self::Sqlite(pool.clone())
    }
}

/// The tables of one outbox in one database.
#[derive(Debug)]
pub(crate) enum Store {
    #[cfg(feature = "postgres")]
    Postgres(postgres::PostgresStore),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::SqliteStore),
}

/// Calls a method of the store, whichever database it has.
macro_rules! each {
    ($self:expr, $store:ident => $call:expr) => {
        match $self {
            #[cfg(feature = "postgres")]
            Store::Postgres($store) => $call,
            #[cfg(feature = "sqlite")]
            Store::Sqlite($store) => $call,
        }
    };
}
pub(crate) use each;

impl Store {
    pub(crate) fn new(settings: &Settings, database: Database) -> Result<Self, OutboxError> {
        let tables = settings.tables()?;
        Ok(match database {
            #[cfg(feature = "postgres")]
            Database::Postgres(pool) => Self::Postgres(postgres::PostgresStore::new(pool, tables)),
            #[cfg(feature = "sqlite")]
            Database::Sqlite(pool) => Self::Sqlite(sqlite::SqliteStore::new(pool, tables)),
        })
    }

    /// Checks that the tables exist and have the version of this library.
    pub(crate) async fn check(&self) -> Result<(), OutboxError> {
        let found = each!(self, store => store.version().await)?;
        let expected = crate::schema::VERSION;
        match found.cmp(&expected) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Less => Err(OutboxError::OlderTables { found, expected }),
            std::cmp::Ordering::Greater => Err(OutboxError::NewerTables { found, expected }),
        }
    }

    /// Moves pending events into new requests, and leases these requests.
    ///
    /// If `cut` fails, nothing changes, except that after a claim of one event, the next claims skip this
    /// event until [`sweep`](Self::sweep).
    pub(crate) async fn claim(
        &mut self,
        lease: &Lease,
        limit: ClaimLimit,
        cut: impl FnOnce(&[PendingEvent]) -> Result<CutEvents, OutboxError>,
    ) -> Result<Claim, OutboxError> {
        each!(self, store => store.claim(lease, limit, cut).await)
    }

    /// Makes the next claim look at all pending events, even events that another relay had locked or that
    /// this relay skipped.
    pub(crate) fn sweep(&mut self) {
        each!(self, store => store.sweep());
    }

    /// Takes over up to `max_requests` requests whose lease has ended.
    pub(crate) async fn take_over(
        &self,
        lease: &Lease,
        max_requests: usize,
    ) -> Result<Vec<Leased>, OutboxError> {
        each!(self, store => store.take_over(lease, max_requests).await)
    }

    /// Extends the leases of requests, except requests that another relay has taken over.
    pub(crate) async fn renew(&self, lease: &Lease, requests: &[i64]) -> Result<(), OutboxError> {
        each!(self, store => store.renew(lease, requests).await)
    }

    /// Stores why a request is held back, and whether the server may have its events.
    pub(crate) async fn hold(
        &self,
        lease: &Lease,
        request: i64,
        note: &HoldNote,
    ) -> Result<(), OutboxError> {
        each!(self, store => store.hold(lease, request, note).await)
    }

    /// Stores that a request is about to be sent again. Returns for how long the server may have had the
    /// events, or `None` if another relay has the request.
    pub(crate) async fn resume(
        &self,
        lease: &Lease,
        request: i64,
    ) -> Result<Option<Duration>, OutboxError> {
        each!(self, store => store.resume(lease, request).await)
    }

    /// Stores the outcomes of requests, and removes the requests. Returns new requests for the parts to
    /// send again. Ignores a request that another relay has settled.
    pub(crate) async fn settle(
        &self,
        lease: &Lease,
        settlements: &[Settlement],
    ) -> Result<Vec<Leased>, OutboxError> {
        each!(self, store => store.settle(lease, settlements).await)
    }

    /// Deletes up to `limit` events that were delivered longer ago than `keep`. Returns the number.
    pub(crate) async fn prune(&self, keep: Duration, limit: i64) -> Result<i64, OutboxError> {
        each!(self, store => store.prune(millis(keep), limit).await)
    }

    /// How many events other relays have in requests, and how long the last of their leases lasts. `None` if
    /// they have none, if other events are left too, or if the lease counts as ended.
    pub(crate) async fn waits_for(
        &self,
        relay: &str,
    ) -> Result<Option<(u64, Duration)>, OutboxError> {
        let (events, millis) = each!(self, store => store.waits_for(relay).await)?;
        let lease = duration(millis);
        let waits = events > 0 && lease <= IMPOSSIBLE_LEASE;
        Ok(waits.then(|| (count(events), lease)))
    }

    /// Ends the leases of all requests of this relay.
    pub(crate) async fn release(&self, lease: &Lease) -> Result<(), OutboxError> {
        each!(self, store => store.release(lease).await)
    }
}
