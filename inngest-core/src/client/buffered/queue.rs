//! The queue of a buffered sender, and the task that empties it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::batch::Batch;
use crate::client::buffered::report::{Failure, Report};
use crate::client::buffered::settings::Settings;
use crate::client::pipeline::{AtOnce, InFlight, Stopped, not_sent, unfinished};
use crate::client::telemetry::Operation;
use crate::delivery::error::SendError;
use crate::delivery::outcome::{Delivered, Outcome};
use crate::delivery::progress::RequestProgress;
use crate::delivery::receipt::Receipt;
use crate::encode::buffer::EventMeta;
use crate::middleware::chain::guarded;
use crate::timer::Timer;
use crate::transport::error::TransportError;

pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) timer: Timer,
    pub(crate) room: Arc<Semaphore>,
    /// The requests that may be under way at once.
    pub(crate) requests: Semaphore,
    pub(crate) queue: Mutex<Queue>,
    /// There is something to do for the task.
    pub(crate) wake: Notify,
    /// How many events were taken in before the first that is not settled. How many are settled in
    /// all says less, because what is sent at once is settled in any order.
    pub(crate) settled: watch::Sender<u64>,
    /// How many loads are just being settled. It grows only while the queue is locked.
    pub(crate) settling: watch::Sender<usize>,
}

#[derive(Default)]
pub(crate) struct Queue {
    pub(crate) batch: Batch,
    pub(crate) waiting: Vec<Waiting>,
    /// When the first of those that wait must go.
    pub(crate) deadline: Option<Instant>,
    /// How many events were taken in in all.
    pub(crate) accepted: u64,
    /// All up to this one are to go at once.
    pub(crate) flush_to: u64,
    pub(crate) state: State,
    /// The numbers of the loads that went out and are not settled.
    unsettled: BTreeSet<u64>,
    /// What is under way.
    pub(crate) under_way: Vec<Load>,
    pub(crate) report: Report,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum State {
    #[default]
    Open,
    /// Nothing more is taken in; what is there goes out.
    Closing,
    /// Nothing goes out any more.
    Closed,
}

/// Who waits for what becomes of an event.
pub(crate) enum Waiting {
    Sender {
        settle: oneshot::Sender<Result<Receipt, SendError>>,
        _room: OwnedSemaphorePermit,
    },
    /// A middleware added it.
    Nobody,
}

impl Shared {
    /// Nothing goes out any more, and nobody waits in vain.
    pub(crate) fn close(&self) {
        self.room.close();
        self.settled.send_replace(u64::MAX);
        self.wake.notify_one();
    }

    /// Closes a sender that is not shut down. What it has is kept for a `shutdown` to come.
    pub(crate) fn lose(&self, why: &str) {
        // In the child of a fork they are the parent's, which sends them.
        if !self.settings.inner.sender.process.is_this() {
            return;
        }
        let mut waiting = Vec::new();
        let mut lost = 0;
        {
            let mut queue = self.queue();
            if queue.state != State::Closed {
                queue.state = State::Closed;
                lost = queue.batch.len();
                waiting.append(&mut queue.waiting);
                for load in &mut queue.under_way {
                    lost += load.events;
                    waiting.append(&mut load.waiting);
                }
            }
        }
        if lost > 0 {
            tracing::warn!(lost, "{why}");
        }
        drop(waiting);
        self.close();
    }

    pub(crate) fn queue(&self) -> MutexGuard<'_, Queue> {
        // The queue is whole between any two statements.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to go now, or how long to wait for it. That there is no room is a reason to send
    /// once those who have got some had their turn. `waited` is the deadline that was waited for,
    /// also where the clock that says when it is has stood still meanwhile.
    fn next(&self, had_turn: bool, waited: Option<Instant>) -> Next {
        let mut queue = self.queue();
        let events = queue.batch.len();
        if queue.state == State::Closed {
            return Next::End;
        }
        let Some(deadline) = queue.deadline else {
            return Next::Idle;
        };
        let sent = queue.accepted - events as u64;
        // One event more, if it is like the last, would be a request of its own.
        let last = queue.batch.fresh.events.last();
        let bytes = queue.batch.fresh.bytes.len() + last.map_or(0, |event| event.json().len());
        let is_due = events >= self.settings.max_events
            || bytes >= self.settings.max_bytes
            || queue.flush_to > sent
            || waited == Some(deadline)
            || Instant::now() >= deadline;
        // Somebody may wait for the room of those who wait here for others.
        let is_full = self.room.available_permits() == 0;
        match (is_due, is_full) {
            (true, _) => {}
            (false, true) if had_turn => {}
            (false, true) => return Next::Full,
            (false, false) => return Next::Wait(deadline),
        }
        queue.deadline = None;
        let batch = std::mem::take(&mut queue.batch);
        let waiting = std::mem::take(&mut queue.waiting);
        queue.unsettled.insert(sent);
        let inner = &self.settings.inner;
        let mut load = Load {
            number: sent,
            events,
            waiting,
            in_flight: InFlight::default(),
        };
        let names: Vec<_> = batch.metas().cloned().collect();
        match inner.split(batch) {
            Ok(in_flight) => {
                load.set_in_flight(in_flight);
                let requests = load.in_flight.requests.clone();
                queue.under_way.push(load);
                Next::Send {
                    number: sent,
                    names,
                    requests,
                }
            }
            Err(stopped) => {
                load.in_flight.watched = inner.watched(&stopped.0);
                Next::Failed(load, stopped)
            }
        }
    }

    /// Settles what was under way, unless somebody else has. What was not sent fails with this
    /// error.
    fn settle_load(&self, number: u64, error: SendError, operation: Option<Operation>) {
        let load = {
            let mut queue = self.queue();
            let mut known = queue.under_way.iter();
            let place = known.position(|load| load.number == number);
            let load = place.map(|place| queue.under_way.swap_remove(place));
            if load.is_some() {
                self.settling.send_modify(|settling| *settling += 1);
            }
            load
        };
        let Some(mut load) = load else { return };
        let Delivered { outcomes, unsent } = load.in_flight.end(&Arc::new(error));
        let outcomes = outcomes.into_each();
        if let Some(operation) = operation {
            operation.end_with(outcomes.iter().find_map(Outcome::error));
        }
        let unsent = Batch::of_requests(unsent);
        self.settle(load, outcomes, unsent);
        self.settling.send_modify(|settling| *settling -= 1);
    }

    /// Settles what was sent.
    pub(crate) fn settle(&self, load: Load, outcomes: Vec<Outcome>, unsent: Batch) {
        let events = outcomes.len() as u64;
        let errors = outcomes.iter().filter_map(Outcome::error);
        let failed = errors.clone().count() as u64;
        let closed = errors.filter(|error| error.is_of_closed_sender());
        // Their handles and the report of the shutdown say it.
        let closed = closed.count() as u64;
        {
            let mut queue = self.queue();
            queue.report.delivered += events - failed;
            queue.report.failed += failed;
        }
        self.settings
            .inner
            .report(&load.in_flight.watched, &outcomes, &[]);
        for (waiting, outcome) in load.waiting.into_iter().zip(&outcomes) {
            let Waiting::Sender { settle, .. } = waiting else {
                continue;
            };
            let result = match outcome {
                Outcome::Accepted(receipt) => Ok(receipt.clone()),
                Outcome::Rejected(error) | Outcome::Unknown { error, .. } => Err((**error).clone()),
            };
            // Nobody has to wait for it.
            let _ = settle.send(result);
        }
        if failed > closed {
            match &self.settings.on_failure {
                Some(hook) => guarded("`on_failure`", || hook(Failure { outcomes, unsent })),
                None => tracing::warn!(failed, "events of a buffered sender were not delivered"),
            }
        }
        let mut queue = self.queue();
        queue.unsettled.remove(&load.number);
        let first = queue.unsettled.first().copied();
        let first = first.unwrap_or(queue.accepted - queue.batch.len() as u64);
        // A sender that is closed has nothing to wait for.
        self.settled
            .send_modify(|settled| *settled = first.max(*settled));
    }
}

enum Next {
    End,
    Idle,
    Wait(Instant),
    /// There is no room, and those who have got some may not have used it yet.
    Full,
    Send {
        number: u64,
        names: Vec<EventMeta>,
        requests: Vec<RequestProgress>,
    },
    /// What is to go cannot be sent.
    Failed(Load, Stopped),
}

/// Events that go out together.
pub(crate) struct Load {
    /// How many events were taken in before its first.
    pub(crate) number: u64,
    pub(crate) events: usize,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) in_flight: InFlight,
}

impl Load {
    fn set_in_flight(&mut self, in_flight: InFlight) {
        self.in_flight = in_flight;
        for (event, waiting) in self.in_flight.watched.iter_mut().zip(&self.waiting) {
            event.added = matches!(waiting, Waiting::Nobody);
        }
    }
}

/// Settles what is under way when a transport panics.
struct Panicking<'a>(&'a Shared, u64);

impl Drop for Panicking<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self(shared, number) = *self;
            let source = TransportError::other("the transport panicked");
            let url = shared.settings.inner.sender.url().to_owned();
            let error = SendError::ConnectionBroke { url, source };
            shared.settle_load(number, error, None);
        }
    }
}

/// Closes a sender whose task ends, also when that is because its runtime does.
pub(super) struct Worker(pub(super) Arc<Shared>);

impl Drop for Worker {
    fn drop(&mut self) {
        self.0
            .lose("the runtime of a buffered sender ended before its `shutdown`");
    }
}

/// The task of a sender. A runtime that ends may drop it before it has begun.
pub(crate) async fn work(worker: Worker) {
    let shared = &worker.0;
    // Dropped with everything in it when the sender ends.
    let mut under_way = JoinSet::new();
    let mut had_turn = false;
    // Kept while more events come.
    let mut pausing = None;
    let mut waited = None;
    loop {
        let at_most = shared.settings.inner.concurrency;
        if under_way.len() >= at_most {
            // The queue fills meanwhile, and the next request is the larger.
            tokio::select! {
                _ = under_way.join_next() => {}
                () = shared.wake.notified() => {}
            }
            if shared.queue().state == State::Closed {
                return;
            }
            continue;
        }
        match shared.next(std::mem::take(&mut had_turn), waited.take()) {
            Next::End => return,
            Next::Idle => shared.wake.notified().await,
            Next::Wait(deadline) => {
                if pausing.as_ref().is_none_or(|(until, _)| *until != deadline) {
                    let left = deadline.saturating_duration_since(Instant::now());
                    let timer = shared.timer.clone();
                    let pause = Box::pin(async move { timer.pause(left).await });
                    pausing = Some((deadline, pause));
                }
                let Some((_, pause)) = &mut pausing else {
                    continue;
                };
                tokio::select! {
                    () = pause => {
                        pausing = None;
                        waited = Some(deadline);
                    }
                    () = shared.wake.notified() => {}
                }
            }
            Next::Full => {
                tokio::task::yield_now().await;
                had_turn = true;
            }
            Next::Failed(load, stopped) => {
                let (unsent, error) = *stopped;
                let outcomes = not_sent(error, &unsent);
                shared.settle(load, outcomes, unsent);
            }
            Next::Send {
                number,
                names,
                requests,
            } => {
                let shared = Arc::clone(shared);
                under_way.spawn(async move {
                    let inner = &shared.settings.inner;
                    let operation = Operation::of_names(
                        &inner.sender.endpoint,
                        names.iter().map(EventMeta::name),
                    );
                    let span = operation.span().clone();
                    let panicking = Panicking(&shared, number);
                    let at_once = AtOnce::Permits(&shared.requests);
                    inner.deliver(&requests, at_once).instrument(span).await;
                    drop(panicking);
                    shared.settle_load(number, unfinished(), Some(operation));
                });
            }
        }
        // Those that are done make room in the set.
        while under_way.try_join_next().is_some() {}
    }
}
