//! The relay, which sends the events of an outbox.

mod claims;
mod counts;
mod cut;
#[cfg(feature = "postgres")]
mod listen;
mod pace;
mod requests;
mod run;
mod send;
mod settings;

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use inngest_core::Client;
use tokio::sync::Notify;

use crate::error::OutboxError;
use crate::outbox::Outbox;
use crate::store::model::{LONGEST, LONGEST_LEASE};
use crate::store::{Database, Store};
pub use counts::RelayCounts;
use settings::{Inner, RelaySettings};

/// How long a request that may have arrived can be sent again. Functions with `batchEvents` forget event
/// ids after 30 minutes (measured).
const WINDOW: Duration = Duration::from_mins(30);

/// The same if no function has `batchEvents` (from the documentation of Inngest).
const WINDOW_WITHOUT_BATCHES: Duration = Duration::from_hours(24);

/// The shortest lease and window.
const SHORTEST: Duration = Duration::from_secs(1);

/// Sends the events of an outbox. Any number of relays, in any number of processes, can share an outbox.
///
/// A relay stores each request and commits it before it sends the first byte. The request has a lease,
/// which the relay extends while it works on the request. If the relay dies, another one takes the request
/// over after the lease has ended, and sends the same bytes with the same seed. So Inngest gives each event
/// the same event id and runs no function twice.
///
/// Clones are handles to the same relay.
#[derive(Clone)]
#[must_use = "a relay sends nothing before `run_until`"]
pub struct Relay(Arc<Inner>);

impl Relay {
    /// Creates a relay that sends the events of an outbox in this database with this client.
    ///
    /// The client's settings apply: URL, event key, limits, retries, and middleware, which sees the events
    /// before they are put into a request. If a request still fails after the client's retries, the relay
    /// holds it back and retries with growing waits of up to a minute. An event that a middleware fails for
    /// stays pending and delays no other event; the relay tries it again with growing waits.
    pub fn new(outbox: Outbox, database: impl Into<Database>, client: Client) -> Self {
        Self(Arc::new(Inner {
            outbox: outbox.0,
            database: database.into(),
            client,
            settings: RelaySettings {
                lease: Duration::from_secs(30),
                window: WINDOW,
                keep_delivered: None,
                idle_poll: Duration::from_secs(1),
                concurrency: 8,
                shutdown_timeout: Duration::from_secs(30),
                listens: false,
            },
            counts: Arc::default(),
            wake: Arc::new(Notify::new()),
            run: Arc::default(),
        }))
    }

    fn with(self, change: impl FnOnce(&mut RelaySettings)) -> Self {
        let mut settings = self.0.settings.clone();
        change(&mut settings);
        Self(Arc::new(Inner {
            outbox: self.0.outbox.clone(),
            database: self.0.database.clone(),
            client: self.0.client.clone(),
            settings,
            counts: Arc::clone(&self.0.counts),
            wake: Arc::clone(&self.0.wake),
            run: Arc::clone(&self.0.run),
        }))
    }

    /// Sets how long the requests of a dead relay wait until another relay sends them. Default: 30 seconds,
    /// at least 1 second and at most 24 hours. A relay extends its leases three times in this time.
    pub fn lease(self, lease: Duration) -> Self {
        self.with(|settings| settings.lease = lease.clamp(SHORTEST, LONGEST_LEASE))
    }

    /// Declares that the events trigger no function with `batchEvents`. A request that may have arrived
    /// can then be sent again for 24 hours, not only for 30 minutes.
    pub fn without_batched_functions(self) -> Self {
        self.with(|settings| settings.window = WINDOW_WITHOUT_BATCHES)
    }

    /// Sets how long a request that may have arrived can be sent again. After that, its events are
    /// `uncertain`. Default: 30 minutes, because later a function with `batchEvents` would run twice. At
    /// least 1 second.
    pub fn resend_window(self, window: Duration) -> Self {
        self.with(|settings| settings.window = window.clamp(SHORTEST, LONGEST))
    }

    /// Keeps delivered events for this long, in their own table. Default: they are deleted.
    pub fn keep_delivered(self, duration: Duration) -> Self {
        self.with(|settings| settings.keep_delivered = Some(duration.min(LONGEST)))
    }

    /// Sets the longest time between two polls of an empty table. Default: 1 second. After an event, the
    /// relay polls after 10 milliseconds, then less and less often.
    pub fn idle_poll(self, longest: Duration) -> Self {
        self.with(|settings| settings.idle_poll = longest.clamp(Duration::from_millis(1), LONGEST))
    }

    /// Sets how many requests the relay works on at the same time. Default: 8.
    pub fn concurrency(self, requests: usize) -> Self {
        self.with(|settings| settings.concurrency = requests.max(1))
    }

    /// Sets how long a relay that shuts down waits for requests in flight. Default: 30 seconds. Another
    /// relay then sends the unfinished requests, with the same event ids.
    pub fn shutdown_timeout(self, timeout: Duration) -> Self {
        self.with(|settings| settings.shutdown_timeout = timeout.min(LONGEST))
    }

    /// Sets whether the relay listens for [`Outbox::notify`] of other processes, on Postgres. Default: no.
    ///
    /// Listening uses one more connection, which must keep its Postgres session. Behind PgBouncer in
    /// transaction mode, and on SQLite, the relay logs once that it cannot listen, and polls.
    pub fn listen(self, listens: bool) -> Self {
        self.with(|settings| settings.listens = listens)
    }

    /// What this relay has done with its events since it was created.
    #[must_use]
    pub fn counts(&self) -> RelayCounts {
        self.0.counts.read()
    }

    /// Makes the relay poll for events now. Call it after a commit in the same process.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// Sends events until `shutdown` is ready, then finishes the requests in flight.
    ///
    /// If the database or the server fails, the relay logs it once and retries. Run this once at a time for
    /// each relay; create another relay with [`new`](Self::new).
    ///
    /// # Errors
    ///
    /// The outbox cannot be used: its tables do not exist, or have another version.
    pub async fn run_until(&self, shutdown: impl Future<Output = ()>) -> Result<(), OutboxError> {
        let ended = tokio::select! {
            // Boxed, because the future is large.
            ended = Box::pin(run::run(&self.0, shutdown)) => ended,
            never = self.listen_for_notifications() => match never {},
        };
        // A program may not look at the result of a spawned relay until it shuts down.
        ended.inspect_err(|error| {
            let error: &dyn std::error::Error = error;
            tracing::error!(error, "the relay ended");
        })
    }

    /// How many events other relays have in requests, and how long the last of their leases lasts, if no other
    /// event is left. For the program.
    #[doc(hidden)]
    pub async fn __waits_for(&self) -> Result<Option<(u64, Duration)>, OutboxError> {
        let store = Store::new(&self.0.outbox, self.0.database.clone())?;
        let run = {
            let run = self.0.run.lock().unwrap_or_else(PoisonError::into_inner);
            run.clone()
        };
        store.waits_for(&run).await
    }

    async fn listen_for_notifications(&self) -> Infallible {
        let Inner {
            outbox,
            database,
            settings,
            ..
        } = &*self.0;
        if settings.listens {
            match (database, outbox.tables()) {
                #[cfg(feature = "postgres")]
                (Database::Postgres(pool), Ok(tables)) => {
                    let channel = crate::notify::channel(tables);
                    let wake = Arc::clone(&self.0.wake);
                    return listen::listen(pool.clone(), channel, wake).await;
                }
                #[cfg(feature = "sqlite")]
                (Database::Sqlite(_), _) => {
                    tracing::warn!("SQLite has no notifications; the relay polls");
                }
                // `run` returns this error.
                #[cfg(feature = "postgres")]
                (Database::Postgres(_), Err(_)) => {}
            }
        }
        std::future::pending().await
    }
}

/// Does not show the URL of the database, which may contain a password.
impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("table", &self.0.outbox.table_name())
            .field("client", &self.0.client)
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
