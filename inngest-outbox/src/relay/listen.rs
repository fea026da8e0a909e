//! Wakes a relay when another process notifies it.

use std::collections::HashSet;
use std::convert::Infallible;
use std::mem::Discriminant;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::notify;
use crate::relay::pace::Backoff;

/// How long the relay waits for the checks before it listens, and for its own test notification.
const ECHO: Duration = Duration::from_secs(5);

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);

/// Why the relay does not listen.
#[derive(Debug)]
enum Problem {
    Failed(sqlx::Error),
    /// The database or the pool is busy, so nothing is known about notifications.
    Slow,
    /// The relay's own test notification did not arrive.
    Silent,
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}

/// Decides when to try to listen again, and logs each kind of problem once.
struct Problems {
    wait: Backoff,
    logged: HashSet<Discriminant<Problem>>,
}

impl Problems {
    fn new() -> Self {
        Self {
            wait: Backoff::new(Duration::from_secs(1), Duration::from_mins(1)),
            logged: HashSet::new(),
        }
    }

    /// Notes a problem. Returns whether to log it, and how long to wait.
    fn note(&mut self, problem: &Problem) -> (bool, Duration) {
        let is_new = self.logged.insert(std::mem::discriminant(problem));
        (is_new, self.wait.next())
    }

    /// Notes that notifications arrive. Returns whether they did not before.
    fn end(&mut self) -> bool {
        let had_problems = !self.logged.is_empty();
        *self = Self::new();
        had_problems
    }
}

impl Problem {
    fn log(&self, channel: &str) {
        match self {
            Self::Failed(error) => {
                tracing::warn!(channel, %error, "cannot listen for notifications; the relay polls");
            }
            Self::Slow => tracing::warn!(
                channel,
                "the database is too slow to listen for notifications; the relay polls"
            ),
            Self::Silent => tracing::warn!(
                channel,
                "notifications do not arrive, for example because of PgBouncer in transaction mode; the \
                 relay polls"
            ),
        }
    }
}

/// Wakes the relay at each notification on a channel. While notifications do not arrive, the relay polls, and
/// this tries again.
pub(crate) async fn listen(pool: PgPool, channel: String, wake: Arc<Notify>) -> Infallible {
    let mut problems = Problems::new();
    loop {
        let Err(problem) = listen_once(&pool, &channel, &wake, ECHO, || {
            if problems.end() {
                tracing::info!(channel, "notifications arrive");
            }
        })
        .await;
        let (is_new, wait) = problems.note(&problem);
        if is_new {
            problem.log(&channel);
        }
        tokio::time::sleep(wait).await;
    }
}

/// Listens until there is a problem.
async fn listen_once(
    pool: &PgPool,
    channel: &str,
    wake: &Notify,
    echo: Duration,
    works: impl FnOnce(),
) -> Result<Infallible, Problem> {
    // Use a separate connection, so that the relay can use its whole pool.
    let options = pool.connect_options().as_ref().clone();
    let own = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(CONNECT)
        .connect_lazy_with(options);
    let mut listener = PgListener::connect_with(&own).await?;
    let is_shared = timeout(echo, is_shared(&mut listener, pool)).await;
    // On a shared session, other clients would get the notifications, and sqlx fails a statement that does.
    if is_shared.map_err(|_| Problem::Slow)?? {
        return Err(Problem::Silent);
    }
    listener.listen(channel).await?;
    notify::send(pool, channel).await?;
    let first = timeout(echo, listener.recv()).await;
    first.map_err(|_| Problem::Silent)??;
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

    #[tokio::test]
    async fn a_busy_pool_says_nothing_about_notifications() {
        let Some(server) = outbox_tests::postgres().await else {
            return;
        };
        let pool = PgPoolOptions::new().max_connections(1);
        let pool = pool.connect(&server.url()).await.unwrap();
        let wake = Notify::new();
        let attempt = async |works: &mut bool| {
            let echo = Duration::from_millis(50);
            listen_once(&pool, "channel", &wake, echo, || *works = true).await
        };
        let mut works = false;
        let busy = pool.acquire().await.unwrap();
        let Err(problem) = attempt(&mut works).await;
        assert!(matches!(problem, Problem::Slow), "{problem:?}");
        assert!(!works);
        drop(busy);
    }

    #[test]
    fn each_problem_is_logged_once_and_the_waits_grow() {
        let mut problems = Problems::new();
        assert!(!problems.end());
        let all = [
            Problem::Silent,
            Problem::Slow,
            Problem::Silent,
            Problem::Failed(sqlx::Error::PoolTimedOut),
            Problem::Slow,
            Problem::Silent,
            Problem::Silent,
        ];
        let notes = all.iter().map(|problem| {
            let (is_new, wait) = problems.note(problem);
            (is_new, wait.as_secs())
        });
        let expected = [
            (true, 1),
            (true, 2),
            (false, 4),
            (true, 8),
            (false, 16),
            (false, 32),
            (false, 60),
        ];
        assert_eq!(notes.collect::<Vec<_>>(), expected);
        assert!(problems.end());
        assert_eq!(
            problems.note(&Problem::Silent),
            (true, Duration::from_secs(1))
        );
    }
}
