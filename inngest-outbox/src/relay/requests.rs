//! The requests that a relay has leased, from the first attempt until their outcomes are stored.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use inngest_core::SendError;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::error::OutboxError;
use crate::relay::pace::{Outage, Refusals};
use crate::relay::send::{self, SendResult, Sent};
use crate::relay::settings::Inner;
use crate::rows::storable;
use crate::store::Store;
use crate::store::model::{HoldNote, Lease, Leased, Settlement};

/// A request that waits until it is sent again.
struct Held {
    request: Leased,
    at: Instant,
    /// What the database does not yet know.
    note: Option<HoldNote>,
}

impl Held {
    fn new(request: Leased, at: Instant) -> Self {
        Self {
            request,
            at,
            note: None,
        }
    }
}

/// The requests of a relay.
pub(crate) struct Requests<'a> {
    relay: &'a Inner,
    lease: Lease,
    sending: JoinSet<Sent>,
    /// The ids of the requests that are being sent, by task.
    in_flight: HashMap<tokio::task::Id, i64>,
    /// Requests that are stored but not yet sent.
    ready: VecDeque<Leased>,
    held: Vec<Held>,
    /// Outcomes that are not yet stored.
    unsettled: Vec<Settlement>,
    /// While the server accepts nothing, one request at a time tests whether it works again.
    server: Outage,
    refusals: Refusals,
}

impl<'a> Requests<'a> {
    pub(crate) fn new(relay: &'a Inner, lease: Lease) -> Self {
        Self {
            relay,
            lease,
            sending: JoinSet::new(),
            in_flight: HashMap::new(),
            ready: VecDeque::new(),
            held: Vec::new(),
            unsettled: Vec::new(),
            server: Outage::new(Duration::from_mins(1)),
            refusals: Refusals::new(),
        }
    }

    /// When to send more events to a server that refuses all of them.
    pub(crate) fn refusals_until(&self) -> Option<Instant> {
        self.refusals.until
    }

    /// When to try the server again; `None` if it accepts events.
    pub(crate) fn server_until(&self) -> Option<Instant> {
        self.server.until
    }

    /// Notes that the client could not prepare requests. Their events stay pending.
    pub(crate) fn client_failed(&mut self, error: &SendError) {
        if self.server.begin() {
            tracing::warn!(%error, "the client cannot prepare requests; the relay retries");
        }
    }

    /// Ends the outage, because no event is left to test the server with.
    pub(crate) fn forget_outage(&mut self) {
        self.server.until = None;
    }

    /// Whether the relay has no requests.
    pub(crate) fn is_empty(&self) -> bool {
        self.in_flight.is_empty() && self.ready.is_empty() && self.held.is_empty()
    }

    /// Whether the relay knows something that is not yet stored.
    pub(crate) fn has_unstored(&self) -> bool {
        !self.unsettled.is_empty() || self.held.iter().any(|held| held.note.is_some())
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// How many more requests the relay can work on.
    pub(crate) fn free(&self) -> usize {
        let busy = self.in_flight.len() + self.ready.len() + self.held.len();
        self.relay.settings.concurrency.saturating_sub(busy)
    }

    fn ids(&self) -> Vec<i64> {
        let held = self.held.iter().map(|held| held.request.id);
        let ready = self.ready.iter().map(|request| request.id);
        let in_flight = self.in_flight.values().copied();
        in_flight.chain(ready).chain(held).collect()
    }

    fn is_busy(&self) -> bool {
        self.in_flight.len() >= self.relay.settings.concurrency
    }

    /// When to send a request again, if only the time decides it.
    pub(crate) fn due(&self) -> Option<Instant> {
        match self.server.until {
            Some(until) => self.in_flight.is_empty().then_some(until),
            None if self.is_busy() => None,
            None => self.held.iter().map(|held| held.at).min(),
        }
    }

    /// Adds requests that this relay stored, and begins to send them.
    pub(crate) fn add(&mut self, requests: Vec<Leased>) {
        self.ready.extend(requests);
        self.send_ready();
    }

    /// Adds requests that this relay took over. It may already have some, if it could not extend their leases
    /// in time.
    pub(crate) fn add_taken_over(&mut self, requests: Vec<Leased>) {
        let at = Instant::now();
        let known = self.ids();
        for request in requests {
            let id = request.id;
            if known.contains(&id) {
                continue;
            }
            tracing::debug!(request = id, "took over the request of another relay");
            self.held.push(Held::new(request, at));
        }
    }

    /// Begins to send ready requests, up to the limit of the settings.
    fn send_ready(&mut self) {
        while !self.is_busy() {
            let Some(request) = self.ready.pop_front() else {
                break;
            };
            if self.is_fresh(&request) {
                self.begin(request);
            } else {
                // Another relay may have it. `resume` asks the database, and the answer starts a new window.
                let mut held = Held::new(request, Instant::now());
                held.note = Some(HoldNote {
                    error: None,
                    is_uncertain: false,
                });
                self.held.push(held);
            }
        }
    }

    /// Whether an unsent request can be sent without asking the database who has it.
    fn is_fresh(&self, request: &Leased) -> bool {
        let rules = self.relay.settings.rules();
        let left = rules.time_left(Duration::ZERO).min(self.lease.duration);
        request.known_at.elapsed() < left / 2
    }

    /// Begins to send a request. If the request is too old or cannot be read, sets its events aside.
    fn begin(&mut self, mut request: Leased) {
        request.sent_for += request.known_at.elapsed();
        request.known_at = Instant::now();
        let rules = self.relay.settings.rules();
        let batch = match request.row.batch() {
            Ok(batch) => batch,
            Err(error) => {
                tracing::error!(request = request.id, %error, "see `inngest-outbox failed list`");
                self.unsettled.push(send::set_all_aside(&request, &error));
                return;
            }
        };
        if request.row.is_uncertain && rules.time_left(request.sent_for).is_zero() {
            let reason = "the server may have the event, and it is too late to send it again";
            let events = request.row.events;
            tracing::warn!(events, "{reason}; see `inngest-outbox uncertain list`");
            let settlement = send::give_up(&request, reason);
            let settlement =
                settlement.unwrap_or_else(|error| send::set_all_aside(&request, &error));
            self.unsettled.push(settlement);
            return;
        }
        let id = request.id;
        let client = self.relay.client.clone();
        let task = self
            .sending
            .spawn(send::send(client, request, batch, rules));
        self.in_flight.insert(task.id(), id);
    }

    /// Waits for the next result; forever if no request is in flight.
    pub(crate) async fn next(&mut self) {
        match self.sending.join_next_with_id().await {
            Some(sent) => self.take(sent),
            None => std::future::pending().await,
        }
    }

    /// Takes all results that are available.
    pub(crate) fn take_all(&mut self) {
        while let Some(sent) = self.sending.try_join_next_with_id() {
            self.take(sent);
        }
    }

    fn take(&mut self, sent: Result<(tokio::task::Id, Sent), tokio::task::JoinError>) {
        let (task, Sent { request, result }) = match sent {
            Ok(sent) => sent,
            // For example, a middleware panicked. The lease is no longer extended, so a relay takes the
            // request over when the lease ends.
            Err(error) => {
                self.in_flight.remove(&error.id());
                tracing::error!(%error, "sending a request failed");
                self.send_ready();
                return;
            }
        };
        self.in_flight.remove(&task);
        match result {
            SendResult::Settle { settlement, again } => self.note(settlement, again),
            SendResult::Hold {
                reason,
                is_uncertain,
            } => self.hold(request, &reason, is_uncertain),
        }
        self.send_ready();
    }

    /// Keeps the outcome of a request until `settle` stores it.
    fn note(&mut self, settlement: Settlement, again: Option<String>) {
        self.refusals
            .note(settlement.accepted, settlement.failed.len());
        if let Some(first) = settlement.failed.first() {
            let (events, error) = (settlement.failed.len(), &*first.error);
            tracing::warn!(
                events,
                error,
                "events failed; see `inngest-outbox failed list`"
            );
        }
        let is_answer = settlement.accepted > 0 || !settlement.failed.is_empty();
        if is_answer && self.server.end() {
            tracing::info!("the server accepts events again");
            let now = Instant::now();
            for held in &mut self.held {
                held.at = now;
            }
        }
        if let Some(reason) = again {
            tracing::debug!(reason, "a part of a request is sent again");
        }
        self.unsettled.push(settlement);
    }

    /// Holds back a request whose outcome is unknown.
    fn hold(&mut self, mut request: Leased, reason: &str, is_uncertain: bool) {
        if self.server.begin() {
            let url = self.relay.client.url();
            tracing::warn!(
                url,
                reason,
                "the server accepts no events; the relay holds them back and retries"
            );
        }
        request.row.is_uncertain = is_uncertain;
        let at = self.server.until.unwrap_or_else(Instant::now);
        let mut held = Held::new(request, at);
        held.note = Some(HoldNote {
            error: Some(storable(reason)),
            is_uncertain,
        });
        self.held.push(held);
    }

    /// Stores the outcomes in the database.
    pub(crate) async fn settle(&mut self, store: &Store) -> Result<(), OutboxError> {
        if self.unsettled.is_empty() {
            return Ok(());
        }
        let remaining = store.settle(&self.lease, &self.unsettled).await?;
        self.relay.counts.settled(&self.unsettled);
        self.unsettled.clear();
        if remaining.is_empty() {
            return Ok(());
        }
        // Send the rest of a request at once, unless the server refuses everything.
        let at = self.refusals.until.unwrap_or_else(Instant::now);
        self.held
            .extend(remaining.into_iter().map(|request| Held::new(request, at)));
        Ok(())
    }

    /// Stores why requests are held back, and which of them did not reach the server. Otherwise these would
    /// become uncertain if this relay died during a long outage.
    pub(crate) async fn note_held(&mut self, store: &Store) -> Result<(), OutboxError> {
        for held in &mut self.held {
            if let Some(note) = &held.note {
                store.hold(&self.lease, held.request.id, note).await?;
                held.note = None;
            }
        }
        Ok(())
    }

    /// Extends the leases of all requests.
    pub(crate) async fn renew(&self, store: &Store) -> Result<(), OutboxError> {
        let ids = self.ids();
        if ids.is_empty() {
            return Ok(());
        }
        store.renew(&self.lease, &ids).await
    }

    /// Sends held requests again after their wait; while the server accepts nothing, one at a time.
    pub(crate) async fn resume(&mut self, store: &Store) -> Result<(), OutboxError> {
        loop {
            let now = Instant::now();
            let is_trying = self.server.until.is_some();
            let waits = is_trying && (!self.in_flight.is_empty() || !self.server.is_over_at(now));
            if self.is_busy() || waits {
                return Ok(());
            }
            let due = self
                .held
                .iter()
                .position(|held| is_trying || held.at <= now);
            let Some((index, id)) =
                due.and_then(|index| Some((index, self.held.get(index)?.request.id)))
            else {
                return Ok(());
            };
            // If the database fails here, the request stays held.
            let sent_for = store.resume(&self.lease, id).await?;
            let Held { mut request, .. } = self.held.swap_remove(index);
            match sent_for {
                Some(sent_for) => {
                    request.sent_for = sent_for;
                    request.known_at = Instant::now();
                    self.begin(request);
                }
                None => tracing::debug!(request = id, "another relay took the request over"),
            }
        }
    }

    /// Waits for the requests in flight until the deadline. Returns whether all have ended.
    pub(crate) async fn end(&mut self, deadline: Instant, store: &Store) -> bool {
        self.held.extend(
            self.ready
                .drain(..)
                .map(|request| Held::new(request, deadline)),
        );
        let renewal = self.lease.duration / 3;
        while !self.in_flight.is_empty() {
            let until = deadline.min(Instant::now() + renewal);
            if tokio::time::timeout_at(until, self.next()).await.is_err() {
                if until >= deadline {
                    self.sending.abort_all();
                    return false;
                }
                // If this fails, another relay sends the same requests.
                let _ = self.renew(store).await;
            }
        }
        true
    }

    /// Ends all leases, so that other relays can send the requests at once.
    pub(crate) async fn release(&mut self, store: &Store) -> Result<(), OutboxError> {
        self.settle(store).await?;
        for held in &self.held {
            let is_uncertain = held.request.row.is_uncertain;
            let note = held.note.clone().unwrap_or(HoldNote {
                error: None,
                is_uncertain,
            });
            store.hold(&self.lease, held.request.id, &note).await?;
        }
        store.release(&self.lease).await
    }
}
