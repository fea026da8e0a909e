//! The queue of a buffered sender, and the task that empties it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::buffered::{BufferedBuilder, Failure, Report};
use super::chunk::{self, Chunk, Cut};
use super::deliver::{Delivered, Delivery};
use super::error::{Outcome, SendError};
use super::middleware::guarded;
use super::observe::Operation;
use super::receipt::Receipt;
use super::send::{Names, not_delivered};
use crate::batch::Batch;
use crate::error::PayloadError;
use crate::timer::Timer;
use crate::transport::TransportError;

pub(super) struct Shared {
    pub(super) builder: BufferedBuilder,
    pub(super) timer: Timer,
    pub(super) room: Arc<Semaphore>,
    /// The requests that may be under way at once.
    pub(super) requests: Semaphore,
    pub(super) queue: Mutex<Queue>,
    /// There is something to do for the task.
    pub(super) wake: Notify,
    /// How many events were taken in before the first that is not settled. How many are settled in
    /// all says less, because what is sent at once is settled in any order.
    pub(super) settled: watch::Sender<u64>,
    /// How many loads are just being settled. It grows only while the queue is locked.
    pub(super) settling: watch::Sender<usize>,
}

#[derive(Default)]
pub(super) struct Queue {
    pub(super) batch: Batch,
    pub(super) waiting: Vec<Waiting>,
    /// When the first of those that wait must go.
    pub(super) deadline: Option<Instant>,
    /// How many events were taken in in all.
    pub(super) accepted: u64,
    /// All up to this one are to go at once.
    pub(super) flush_to: u64,
    pub(super) state: State,
    /// The numbers of the loads that went out and are not settled.
    unsettled: BTreeSet<u64>,
    /// What is under way.
    pub(super) under_way: Vec<Load>,
    pub(super) report: Report,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Open,
    /// Nothing more is taken in; what is there goes out.
    Closing,
    /// Nothing goes out any more.
    Closed,
}

/// Who waits for what becomes of an event.
pub(super) enum Waiting {
    Sender {
        settle: oneshot::Sender<Result<Receipt, SendError>>,
        _room: OwnedSemaphorePermit,
    },
    /// A middleware added it.
    Nobody,
}

impl Shared {
    /// Nothing goes out any more, and nobody waits in vain.
    pub(super) fn close(&self) {
        self.room.close();
        self.settled.send_replace(u64::MAX);
        self.wake.notify_one();
    }

    /// Closes a sender that is not shut down. What it has is kept for a `shutdown` to come.
    pub(super) fn lose(&self, why: &str) {
        // In the child of a fork they are the parent's, which sends them.
        if !self.builder.inner.process.is_this() {
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

    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
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
        let last = queue.batch.entries.last();
        let bytes = queue.batch.buffer.len() + last.map_or(0, |entry| entry.json().len());
        let is_due = events >= self.builder.max_events
            || bytes >= self.builder.max_bytes
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
        let inner = &self.builder.inner;
        let mut names = inner.names(&batch);
        for (name, waiting) in names.iter_mut().zip(&waiting) {
            name.1 = matches!(waiting, Waiting::Nobody);
        }
        queue.unsettled.insert(sent);
        let mut load = Load {
            number: sent,
            events,
            names,
            waiting,
            chunks: Vec::new(),
            too_large: Vec::new(),
        };
        match chunk::cut(batch, inner.limits()) {
            Ok(Cut { chunks, too_large }) => {
                let names = chunks.iter().flat_map(Chunk::open_names).collect();
                load.chunks = chunks.into_iter().map(Delivery::new).collect();
                load.too_large = too_large;
                let chunks = load.chunks.clone();
                queue.under_way.push(load);
                Next::Send {
                    number: sent,
                    names,
                    chunks,
                }
            }
            Err((batch, error)) => Next::Failed(load, batch, error.into()),
        }
    }

    /// Sends the events of chunks; those of all loads together are no more requests at once than
    /// the client allows.
    async fn deliver(&self, chunks: &[Delivery]) {
        let chunks = stream::iter(chunks);
        chunks
            .for_each_concurrent(None, async |delivery| {
                let _request = self.requests.acquire().await;
                self.builder.inner.deliver_chunk(delivery).await;
            })
            .await;
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
        let Delivered { outcomes, unsent } = load.end(&Arc::new(error));
        let outcomes = outcomes.into_each();
        if let Some(operation) = operation {
            operation.end_with(outcomes.iter().find_map(Outcome::error));
        }
        let unsent = Batch {
            pinned: unsent,
            ..Batch::default()
        };
        self.settle(load, outcomes, unsent);
        self.settling.send_modify(|settling| *settling -= 1);
    }

    /// Settles what was sent.
    pub(super) fn settle(&self, load: Load, outcomes: Vec<Outcome>, unsent: Batch) {
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
        self.builder.inner.report(&load.names, &outcomes, &[]);
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
            match &self.builder.on_failure {
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
        names: Vec<&'static str>,
        chunks: Vec<Delivery>,
    },
    /// What is to go cannot be sent.
    Failed(Load, Batch, SendError),
}

/// Events that go out together.
pub(super) struct Load {
    /// How many events were taken in before its first.
    pub(super) number: u64,
    pub(super) events: usize,
    pub(super) names: Names,
    pub(super) waiting: Vec<Waiting>,
    pub(super) chunks: Vec<Delivery>,
    pub(super) too_large: Vec<PayloadError>,
}

impl Load {
    /// What became of all events. Those that are not settled fail with this error.
    pub(super) fn end(&mut self, error: &Arc<SendError>) -> Delivered {
        let mut all = Delivered::default();
        for delivered in self.chunks.iter().map(|delivery| delivery.end(error)) {
            all.outcomes.append(delivered.outcomes);
            all.unsent.extend(delivered.unsent);
        }
        all.outcomes = all.outcomes.merge(std::mem::take(&mut self.too_large));
        all
    }
}

/// Settles what is under way when a transport panics.
struct Panicking<'a>(&'a Shared, u64);

impl Drop for Panicking<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self(shared, number) = *self;
            let source = TransportError::other("the transport panicked");
            let url = shared.builder.inner.url().to_owned();
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
pub(super) async fn work(worker: Worker) {
    let shared = &worker.0;
    // Dropped with everything in it when the sender ends.
    let mut under_way = JoinSet::new();
    let mut had_turn = false;
    // Kept while more events come.
    let mut pausing = None;
    let mut waited = None;
    loop {
        let at_most = shared.builder.inner.concurrency();
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
            Next::Failed(load, unsent, error) => {
                let outcomes = not_delivered(error, &unsent);
                shared.settle(load, outcomes, unsent);
            }
            Next::Send {
                number,
                names,
                chunks,
            } => {
                let shared = Arc::clone(shared);
                under_way.spawn(async move {
                    let inner = &shared.builder.inner;
                    let operation = Operation::of_names(&inner.endpoint, names.iter().copied());
                    let span = operation.span().clone();
                    let panicking = Panicking(&shared, number);
                    shared.deliver(&chunks).instrument(span).await;
                    drop(panicking);
                    // Nothing is left that could fail.
                    shared.settle_load(number, SendError::SenderClosed, Some(operation));
                });
            }
        }
        // Those that are done make room in the set.
        while under_way.try_join_next().is_some() {}
    }
}
