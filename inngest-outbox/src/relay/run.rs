//! The main loop of a relay.

use std::pin::pin;
use std::sync::PoisonError;
use std::time::Duration;

use inngest_core::{SendError, StoredRequest};
use tokio::time::Instant;

use crate::error::OutboxError;
use crate::relay::claims::Claims;
use crate::relay::cut;
use crate::relay::pace::{Outage, Polling};
use crate::relay::requests::Requests;
use crate::relay::settings::Inner;
use crate::store::Store;
use crate::store::model::{ClaimLimit, Lease, PendingEvent};

/// How many bytes of pending events a relay turns into requests at a time.
const CLAIM_BYTES: i64 = 8 << 20;

/// How often a relay rereads events that it skipped because another relay had locked them, or because a
/// middleware failed for them.
const SWEEP: Duration = Duration::from_secs(15);

/// How many delivered events are deleted at a time.
const PRUNE_EVENTS: i64 = 1_000;

/// How often the relay looks for delivered events to delete.
const PRUNE: Duration = Duration::from_mins(1);

/// The longest time between two searches for requests of dead relays.
const TAKE_OVER: Duration = Duration::from_secs(5);

/// The shortest time limit for the database in one turn.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs a relay until `shutdown` is ready.
pub(crate) async fn run(
    relay: &Inner,
    shutdown: impl Future<Output = ()>,
) -> Result<(), OutboxError> {
    let store = Store::new(&relay.outbox, relay.database.clone())?;
    let mut running = Running::new(relay, store)?;
    let mut shutdown = pin!(shutdown);
    if !running.start(&mut shutdown).await? {
        return Ok(());
    }
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            () = running.wait_and_work() => {}
        }
    }
    running.finish().await;
    Ok(())
}

/// Limits how long the relay waits for the database. Without a limit, a connection that broke silently would
/// stop the relay for minutes. A relay that waits longer than its lease has lost its requests anyway.
async fn within_limit<T>(
    lease: Duration,
    work: impl Future<Output = Result<T, OutboxError>>,
) -> Result<T, OutboxError> {
    let answer = tokio::time::timeout(lease.max(DATABASE_TIMEOUT), work).await;
    answer.unwrap_or_else(|_| Err(OutboxError::Database("it did not answer in time".into())))
}

/// A running relay.
struct Running<'a> {
    relay: &'a Inner,
    store: Store,
    lease: Lease,
    requests: Requests<'a>,
    polling: Polling,
    claims: Claims,
    database: Outage,
    takes_over_at: Instant,
    renews_at: Instant,
    sweeps_at: Instant,
    prunes_at: Instant,
}

impl<'a> Running<'a> {
    fn new(relay: &'a Inner, store: Store) -> Result<Self, OutboxError> {
        let now = Instant::now();
        let lease = Lease {
            // A seed is unique, so the name is too.
            relay: format!("{} {}", std::process::id(), StoredRequest::new_seed()?),
            duration: relay.settings.lease,
        };
        lease
            .relay
            .clone_into(&mut relay.run.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Self {
            relay,
            store,
            requests: Requests::new(relay, lease.clone()),
            lease,
            polling: Polling::new(relay.settings.idle_poll),
            claims: Claims::new(SWEEP),
            database: Outage::new(Duration::from_secs(5)),
            takes_over_at: now,
            renews_at: now + relay.settings.lease / 3,
            sweeps_at: now + SWEEP,
            prunes_at: now,
        })
    }

    /// Waits until the database answers, and checks the tables. Returns `false` if `shutdown` came first.
    async fn start(
        &mut self,
        shutdown: &mut (impl Future<Output = ()> + Unpin),
    ) -> Result<bool, OutboxError> {
        loop {
            let checked = tokio::select! {
                () = &mut *shutdown => return Ok(false),
                checked = within_limit(self.lease.duration, self.store.check()) => checked,
            };
            match checked {
                Ok(()) => break,
                Err(error) if error.is_transient() => self.database_failed(&error),
                Err(error) => return Err(error),
            }
            let until = self.database.until.unwrap_or_else(Instant::now);
            tokio::select! {
                () = &mut *shutdown => return Ok(false),
                () = tokio::time::sleep_until(until) => {}
            }
        }
        self.database_works();
        let table = self.relay.outbox.table_name();
        tracing::info!(table, url = self.relay.client.url(), "relay started");
        Ok(true)
    }

    fn database_failed(&mut self, error: &OutboxError) {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        if self.database.begin() {
            tracing::warn!(%error, cause, "the database of the outbox failed; the relay retries");
        }
        // Events that the failed statement locked or deleted may be pending again.
        self.store.sweep();
    }

    fn database_works(&mut self) {
        if self.database.end() {
            tracing::info!("the database of the outbox works again");
        }
    }

    /// Waits until something is due, and does it. Cancel safe: if this is dropped, the database rolls the
    /// transaction back, or the transaction is committed and the leases that it wrote end.
    async fn wait_and_work(&mut self) {
        self.wait().await;
        self.turn().await;
    }

    /// Does everything that is due.
    async fn turn(&mut self) {
        self.requests.take_all();
        if !self.database.is_over_at(Instant::now()) {
            return;
        }
        match within_limit(self.lease.duration, self.run_due_work()).await {
            Ok(()) => self.database_works(),
            Err(OutboxError::Client(error)) => {
                self.requests.client_failed(&error);
                self.store.sweep();
            }
            Err(error) => self.database_failed(&error),
        }
    }

    async fn run_due_work(&mut self) -> Result<(), OutboxError> {
        self.requests.settle(&self.store).await?;
        self.requests.note_held(&self.store).await?;
        let now = Instant::now();
        if self.renews_at <= now {
            self.requests.renew(&self.store).await?;
            self.renews_at = now + self.lease.duration / 3;
        }
        self.requests.resume(&self.store).await?;
        if self.takes_over_at <= now && self.requests.free() > 0 {
            self.take_over(now).await?;
        }
        let retries = self.claims.retry_at().is_some_and(|at| at <= now);
        if retries || (self.sweeps_at <= now && !self.claims.is_searching()) {
            self.store.sweep();
            self.sweeps_at = now + SWEEP;
            self.claims.swept();
            if retries {
                self.polling.wake();
            }
        }
        if self.may_claim(now) {
            self.claim(now).await?;
        }
        self.prune(now).await
    }

    /// Whether to poll for pending events. While the server accepts nothing, held requests go first.
    fn may_claim(&self, now: Instant) -> bool {
        if !self.claims.may_claim(now) {
            return false;
        }
        match self.requests.server_until() {
            None => {
                let refusals_until = self.requests.refusals_until();
                let waits = refusals_until.is_some_and(|until| until > now);
                self.requests.free() > 0 && self.polling.is_due(now) && !waits
            }
            Some(until) => until <= now && self.requests.is_empty(),
        }
    }

    /// Takes over requests of dead relays.
    async fn take_over(&mut self, now: Instant) -> Result<(), OutboxError> {
        let free = self.requests.free();
        let requests = self.store.take_over(&self.lease, free).await?;
        let is_full = requests.len() >= free;
        self.requests.add_taken_over(requests);
        let wait = if is_full {
            Duration::ZERO
        } else {
            self.lease.duration / 4
        };
        self.takes_over_at = now + wait.min(TAKE_OVER);
        Ok(())
    }

    /// Stores requests with pending events; while the server accepts nothing, with one event.
    async fn claim(&mut self, now: Instant) -> Result<(), OutboxError> {
        let client = &self.relay.client;
        let accepts_events = self.requests.server_until().is_none();
        let limit = ClaimLimit {
            events: if accepts_events {
                self.claims.limit()
            } else {
                1
            },
            bytes: CLAIM_BYTES,
        };
        let started = Instant::now();
        let mut name = String::new();
        let cut = |events: &[PendingEvent]| match limit.events {
            // Such a claim can find two events on Postgres. Apart, they show which of them fails.
            1 => cut::cut_each(client, events, &mut name),
            _ => cut::cut(client, events),
        };
        let claim = match self.store.claim(&self.lease, limit, cut).await {
            Err(OutboxError::Client(error @ SendError::Middleware(_))) => {
                if self.claims.failed(now, limit.events, &name) {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(
                        event = name,
                        cause,
                        "middleware failed for an event; the event stays pending, and the relay tries it again"
                    );
                }
                self.polling.found(now, true);
                return Ok(());
            }
            claim => claim?,
        };
        let failed = self.relay.counts.claimed(&claim);
        if failed > 0 {
            tracing::warn!(
                events = failed,
                "events cannot be sent and failed; see `inngest-outbox failed list`"
            );
        }
        let (events, requests) = (claim.events, claim.requests.len());
        let micros = started.elapsed().as_micros();
        if events == 0 && !claim.has_more {
            tracing::trace!(micros, "no events to claim");
            self.polling.found_nothing(now);
            self.requests.forget_outage();
            self.claims.found_nothing(now);
        } else {
            self.claims.found();
            tracing::debug!(events, requests, micros, "events claimed");
            self.polling.found(now, claim.has_more);
        }
        self.requests.add(claim.requests);
        Ok(())
    }

    /// Deletes delivered events after `keep_delivered`.
    async fn prune(&mut self, now: Instant) -> Result<(), OutboxError> {
        let Some(keep) = self.relay.settings.keep_delivered else {
            return Ok(());
        };
        if self.prunes_at > now {
            return Ok(());
        }
        // Delete in small steps, so that claims do not wait.
        let pruned = self.store.prune(keep, PRUNE_EVENTS).await?;
        let wait = if pruned < PRUNE_EVENTS {
            PRUNE
        } else {
            Duration::from_millis(100)
        };
        self.prunes_at = now + wait;
        Ok(())
    }

    /// When the next work is due, unless a result or `wake` comes first.
    fn due(&self) -> Option<Instant> {
        if let Some(until) = self.database.until {
            return Some(until);
        }
        let mut due = vec![self.renews_at];
        due.extend(self.claims.retry_at());
        due.extend(self.requests.due().map(|at| {
            // During an outage without requests, the next claim is due.
            let pause = self.claims.until.filter(|_| self.requests.is_empty());
            pause.map_or(at, |pause| at.max(pause))
        }));
        if self.requests.free() > 0 {
            due.push(self.takes_over_at);
            if self.requests.server_until().is_none() {
                let polling = self.polling.due();
                match self.requests.refusals_until().max(self.claims.until) {
                    Some(until) => due.push(polling.map_or(until, |at| at.max(until))),
                    None => due.push(polling?),
                }
            }
        }
        if self.relay.settings.keep_delivered.is_some() {
            due.push(self.prunes_at);
        }
        due.into_iter().min()
    }

    /// Waits until work is due, a result arrives or someone calls `wake`.
    async fn wait(&mut self) {
        if self.requests.has_unstored() && self.database.until.is_none() {
            return;
        }
        let Some(until) = self.due() else {
            return;
        };
        tokio::select! {
            () = self.requests.next() => {}
            () = self.relay.wake.notified() => self.polling.wake(),
            () = tokio::time::sleep_until(until) => {}
        }
    }

    /// Finishes the requests in flight, and ends the leases of all others.
    async fn finish(&mut self) {
        let deadline = Instant::now() + self.relay.settings.shutdown_timeout;
        if !self.requests.end(deadline, &self.store).await {
            let requests = self.requests.in_flight();
            tracing::warn!(
                requests,
                "requests were in flight at the end; another relay sends them again"
            );
        }
        let released = within_limit(self.lease.duration, self.requests.release(&self.store));
        if let Err(error) = released.await {
            self.database_failed(&error);
        }
    }
}
