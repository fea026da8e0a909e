//! The queue of a buffered sender and its task.

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
    /// Limits the number of concurrent requests.
    pub(crate) requests: Semaphore,
    pub(crate) queue: Mutex<Queue>,
    /// Wakes the task.
    pub(crate) wake: Notify,
    /// The number of events before the first one without an outcome. The number of finished events
    /// says less, because requests finish in any order.
    pub(crate) settled: watch::Sender<u64>,
    /// The number of requests whose outcomes are being reported. It increases only while the queue
    /// is locked.
    pub(crate) settling: watch::Sender<usize>,
}

#[derive(Default)]
pub(crate) struct Queue {
    pub(crate) batch: Batch,
    pub(crate) waiting: Vec<Waiting>,
    /// The deadline of the oldest buffered event.
    pub(crate) deadline: Option<Instant>,
    /// The total number of events added.
    pub(crate) accepted: u64,
    /// Events before this number are sent without waiting.
    pub(crate) flush_to: u64,
    pub(crate) state: State,
    /// The numbers of the requests in flight.
    unsettled: BTreeSet<u64>,
    /// The requests in flight.
    pub(crate) under_way: Vec<Load>,
    pub(crate) report: Report,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum State {
    #[default]
    Open,
    /// The sender accepts no new events and sends the buffered ones.
    Closing,
    /// The sender sends nothing any more.
    Closed,
}

/// The receiver of an event's outcome.
pub(crate) enum Waiting {
    Sender {
        settle: oneshot::Sender<Result<Receipt, SendError>>,
        _room: OwnedSemaphorePermit,
    },
    /// A middleware added the event, so nobody waits for it.
    Nobody,
}

impl Shared {
    /// Stops sending and fails all pending events.
    pub(crate) fn close(&self) {
        self.room.close();
        self.settled.send_replace(u64::MAX);
        self.wake.notify_one();
    }

    /// Closes a sender that was not shut down. Keeps its events for a later `shutdown`.
    pub(crate) fn lose(&self, why: &str) {
        // In the child of a fork, the parent owns and sends the events.
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
        // Every statement leaves the queue consistent.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the next request, or how long to wait for it. If the buffer is full, yield once so
    /// that permit holders can enqueue, then send. `waited` is the deadline that the task waited
    /// for; it counts as reached even if the clock stood still.
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
        // Another event of the same size would not fit into the request.
        let last = queue.batch.fresh.events.last();
        let bytes = queue.batch.fresh.bytes.len() + last.map_or(0, |event| event.json().len());
        let is_due = events >= self.settings.max_events
            || bytes >= self.settings.max_bytes
            || queue.flush_to > sent
            || waited == Some(deadline)
            || Instant::now() >= deadline;
        // Another caller may wait for the room that these events occupy.
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

    /// Reports the outcomes of a request, unless this was done before. Unsent events fail with this
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

    /// Reports the outcomes of a request.
    pub(crate) fn settle(&self, load: Load, outcomes: Vec<Outcome>, unsent: Batch) {
        let events = outcomes.len() as u64;
        let errors = outcomes.iter().filter_map(Outcome::error);
        let failed = errors.clone().count() as u64;
        let closed = errors.filter(|error| error.is_sender_closed());
        // `Pending` and the shutdown report contain these failures.
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
            // The receiver was dropped.
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
        // A closed sender sends without waiting.
        self.settled
            .send_modify(|settled| *settled = first.max(*settled));
    }
}

enum Next {
    End,
    Idle,
    Wait(Instant),
    /// The buffer is full, but permit holders may not have enqueued their events yet.
    Full,
    Send {
        number: u64,
        names: Vec<EventMeta>,
        requests: Vec<RequestProgress>,
    },
    /// The events cannot be sent.
    Failed(Load, Stopped),
}

/// Events that are sent together.
pub(crate) struct Load {
    /// The number of events added before its first event.
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

/// Reports the outcomes of a request even if the transport panics.
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

/// Closes the sender when its task ends, even if its runtime shuts down.
pub(super) struct Worker(pub(super) Arc<Shared>);

impl Drop for Worker {
    fn drop(&mut self) {
        self.0
            .lose("the runtime of a buffered sender ended before its `shutdown`");
    }
}

/// The task of a sender. A runtime that shuts down may drop it before its first poll.
pub(crate) async fn work(worker: Worker) {
    let shared = &worker.0;
    // Dropped with all its requests when the sender stops.
    let mut under_way = JoinSet::new();
    let mut had_turn = false;
    // Kept until the task sends again.
    let mut pausing = None;
    let mut waited = None;
    loop {
        let at_most = shared.settings.inner.concurrency;
        if under_way.len() >= at_most {
            // The queue fills meanwhile, so the next request is larger.
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
        // Remove finished requests from the set.
        while under_way.try_join_next().is_some() {}
    }
}
