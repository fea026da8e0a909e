//! Tells relays in other processes that events were committed, with `NOTIFY` of Postgres.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use sqlx::{AssertSqlSafe, PgPool};
use tokio::time::Instant;

use crate::outbox::Outbox;
use crate::store::Database;
use crate::table::Tables;

/// The shortest time between two notifications of a process. Each one wakes all relays, and Postgres delivers
/// notifications one transaction after the other.
const PAUSE: Duration = Duration::from_millis(50);

/// Postgres truncates names to 63 bytes.
const MAX_CHANNEL: usize = 63;

impl Outbox {
    /// Tells relays in other processes that events are pending, if they use
    /// [`Relay::listen`](crate::Relay::listen). Call it after the transaction has committed. In the same
    /// process as the relay, [`Relay::wake`](crate::Relay::wake) is cheaper.
    ///
    /// It returns at once. A task sends `NOTIFY`, at most once in 50 milliseconds for each outbox and
    /// process, however often you call this. If it fails, nothing is lost: relays also poll. On SQLite and
    /// outside a tokio runtime, this does nothing.
    ///
    /// A program in another language can run `NOTIFY "inngest_outbox"`: the channel has the name of the table,
    /// as you pass it to [`table`](Self::table), truncated to 63 bytes. It may do so in its transaction, but
    /// Postgres commits transactions with `NOTIFY` one after the other.
    pub fn notify(&self, database: impl Into<Database>) {
        #[allow(irrefutable_let_patterns, reason = "SQLite is a feature")]
        let Database::Postgres(pool) = database.into() else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let Ok(channel) = self.0.tables().map(channel) else {
            return;
        };
        let key = Key {
            database: database_of(&pool),
            channel,
        };
        let Some(at) = begin(&key) else {
            return;
        };
        let scheduled = Scheduled(key);
        runtime.spawn(async move {
            tokio::time::sleep_until(at).await;
            let channel = scheduled.0.channel.clone();
            // Events that are committed from now on need another notification.
            drop(scheduled);
            if let Err(error) = send(&pool, &channel).await {
                tracing::debug!(%error, "cannot notify relays; they poll");
            }
        });
    }
}

/// The channel of an outbox.
pub(crate) fn channel(tables: &Tables) -> String {
    let mut channel = tables.display();
    // The names are ASCII.
    channel.truncate(MAX_CHANNEL);
    channel
}

/// Sends a notification, as one message, so that PgBouncer needs only one connection for it.
pub(crate) async fn send(pool: &PgPool, channel: &str) -> Result<(), sqlx::Error> {
    let notify = format!("NOTIFY \"{channel}\"");
    sqlx::raw_sql(AssertSqlSafe(notify)).execute(pool).await?;
    Ok(())
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    database: String,
    channel: String,
}

fn database_of(pool: &PgPool) -> String {
    let options = pool.connect_options();
    format!(
        "{:?} {}:{} {:?}",
        options.get_socket(),
        options.get_host(),
        options.get_port(),
        options.get_database()
    )
}

/// When this process sent notifications.
static PACES: LazyLock<Mutex<HashMap<Key, Pace>>> = LazyLock::new(Mutex::default);

#[derive(Debug, Default)]
struct Pace {
    last: Option<Instant>,
    is_scheduled: bool,
}

impl Pace {
    /// When to notify, or `None` if a scheduled notification suffices.
    fn begin(&mut self, now: Instant) -> Option<Instant> {
        if self.is_scheduled {
            return None;
        }
        self.is_scheduled = true;
        Some(self.last.map_or(now, |last| now.max(last + PAUSE)))
    }

    fn end(&mut self, now: Instant) {
        self.is_scheduled = false;
        self.last = Some(now);
    }
}

fn begin(key: &Key) -> Option<Instant> {
    let mut paces = PACES.lock().unwrap_or_else(PoisonError::into_inner);
    paces.entry(key.clone()).or_default().begin(Instant::now())
}

/// A notification that waits for its time. Its runtime may end first, so `drop` ends the wait.
struct Scheduled(Key);

impl Drop for Scheduled {
    fn drop(&mut self) {
        let mut paces = PACES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pace) = paces.get_mut(&self.0) {
            pace.end(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_are_spaced_and_none_is_lost() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut pace = Pace::default();
        assert_eq!(pace.begin(at(0)), Some(at(0)));
        assert_eq!(pace.begin(at(0)), None);
        pace.end(at(0));
        assert_eq!(pace.begin(at(10)), Some(at(50)));
        assert_eq!(pace.begin(at(49)), None);
        pace.end(at(50));
        assert_eq!(pace.begin(at(200)), Some(at(200)));
    }

    #[test]
    fn channels_fit_into_a_name() {
        let channel = |table| channel(&Tables::parse(table).unwrap());
        assert_eq!(channel("shop.Outbox"), "shop.Outbox");
        let long = format!("{}.{}", "s".repeat(45), "t".repeat(45));
        assert_eq!(channel(&long), long[..63]);
    }
}
