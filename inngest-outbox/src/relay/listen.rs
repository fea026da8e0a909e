//! Wakes a relay when another process notifies it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::notify;
use crate::relay::pace::Backoff;

/// How long the relay waits for its own test notification when it starts to listen.
const ECHO: Duration = Duration::from_secs(5);

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);

/// Wakes the relay at each notification on a channel. If notifications do not arrive, logs that once and
/// waits forever; the relay then polls.
pub(crate) async fn listen(pool: PgPool, channel: String, wake: Arc<Notify>) -> Infallible {
    let mut wait = Backoff::new(Duration::from_secs(1), Duration::from_mins(1));
    let mut is_logged = false;
    loop {
        match listen_once(&pool, &channel, &wake, || {
            wait.reset();
            is_logged = false;
        })
        .await
        {
            Ok(()) => {
                tracing::warn!(
                    channel,
                    "notifications do not arrive, for example because of PgBouncer in transaction mode; the \
                     relay polls"
                );
                return std::future::pending().await;
            }
            Err(error) => {
                if !std::mem::replace(&mut is_logged, true) {
                    tracing::warn!(channel, %error, "cannot listen for notifications; the relay polls");
                }
                tokio::time::sleep(wait.next()).await;
            }
        }
    }
}

/// Listens until an error occurs. Returns `Ok` if notifications do not arrive.
async fn listen_once(
    pool: &PgPool,
    channel: &str,
    wake: &Notify,
    mut works: impl FnMut(),
) -> Result<(), sqlx::Error> {
    // Use a separate connection, so that the relay can use its whole pool.
    let options = pool.connect_options().as_ref().clone();
    let own = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(CONNECT)
        .connect_lazy_with(options);
    let mut listener = PgListener::connect_with(&own).await?;
    let Ok(is_shared) = timeout(ECHO, is_shared(&mut listener, pool)).await else {
        return Ok(());
    };
    // On a shared session, other clients would get the notifications, and sqlx fails a statement that does.
    if is_shared? {
        return Ok(());
    }
    listener.listen(channel).await?;
    notify::send(pool, channel).await?;
    let Ok(first) = timeout(ECHO, listener.recv()).await else {
        return Ok(());
    };
    first?;
    works();
    tracing::debug!(channel, "listening for notifications");
    loop {
        // `None` means that the connection was restored. Notifications may be lost, so wake the relay too.
        listener.try_recv().await?;
        wake.notify_one();
    }
}

/// Whether a pooler such as PgBouncer lends the listener's session to other clients.
async fn is_shared(listener: &mut PgListener, pool: &PgPool) -> Result<bool, sqlx::Error> {
    for _ in 0..3 {
        let before = session(&mut *listener).await?;
        // While this transaction is open, a pooler cannot lend its session to the listener.
        let mut tx = pool.begin().await?;
        let other = session(&mut *tx).await?;
        let after = session(&mut *listener).await?;
        tx.rollback().await?;
        if before != after || before == other {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The process id of a session. The statement is one message, so that a pooler needs only one session.
async fn session<'c>(connection: impl sqlx::PgExecutor<'c>) -> Result<i32, sqlx::Error> {
    let row = sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(connection);
    sqlx::Row::try_get(&row.await?, 0)
}

#[cfg(test)]
mod tests {
    use crate::{Database, Outbox};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_notification_wakes_the_relay() {
        let Some(server) = outbox_tests::postgres().await else {
            return;
        };
        let pool = PgPool::connect(&server.url()).await.unwrap();
        let wake = Arc::new(Notify::new());
        let outbox = Outbox::new().table("shop.outbox");
        let channel = notify::channel(outbox.0.tables().unwrap());
        let listening = tokio::spawn(listen(pool.clone(), channel, Arc::clone(&wake)));
        // Notifications are lost until the relay listens.
        let woken = async {
            loop {
                outbox.notify(&pool);
                if timeout(Duration::from_millis(100), wake.notified())
                    .await
                    .is_ok()
                {
                    break;
                }
            }
        };
        timeout(Duration::from_secs(20), woken).await.unwrap();
        // Another outbox has another channel, and SQLite has none.
        Outbox::new().notify(&pool);
        let file = outbox_tests::sqlite();
        let sqlite = sqlx::SqlitePool::connect(&file.url()).await.unwrap();
        outbox.notify(Database::from(sqlite));
        // An earlier notification may still arrive.
        let _ = timeout(Duration::from_millis(200), wake.notified()).await;
        let other = timeout(Duration::from_millis(200), wake.notified()).await;
        assert!(other.is_err());
        listening.abort();
    }
}
