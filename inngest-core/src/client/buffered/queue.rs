//! The queue of a buffered sender and its task.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::batch::Batch;
use crate::client::buffered::report::{Failure, Report};
use crate::client::pipeline::{InFlight, Pipeline, Stopped, not_sent, unfinished};
use crate::client::telemetry::Operation;
use crate::delivery::error::SendError;
use crate::delivery::event_counts::EventCounts;
use crate::delivery::outcome::{Delivered, Outcome, Rejection};
use crate::delivery::progress::RequestProgress;
use crate::delivery::receipt::Receipt;
use crate::encode::buffer::EventMeta;
use crate::middleware::chain::guarded;
use crate::timer::Timer;
use crate::transport::error::TransportError;

/// The settings of a sender.
pub(crate) struct BufferSettings {
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) max_events: usize,
    pub(crate) max_bytes: usize,
    pub(crate) linger: Duration,
    pub(crate) capacity: usize,
    pub(crate) on_failure: Option<Arc<dyn Fn(Failure) + Send + Sync>>,
}

/// What the handles of a sender and its task share.
pub(crate) struct Shared {
    pub(crate) settings: BufferSettings,
    pub(crate) timer: Timer,
    /// A permit for each event that the buffer has room for.
    pub(crate) room: Arc<Semaphore>,
    /// Limits the number of concurrent requests.
    pub(crate) requests: Semaphore,
    pub(crate) queue: Mutex<Queue>,
    /// Wakes the task.
    pub(crate) wake: Notify,
    /// The number of events before the first one without an outcome. Later events may have outcomes,
    /// because requests finish in any order.
    pub(crate) settled: watch::Sender<u64>,
    /// The number of dispatches whose outcomes are being reported. It increases only while the queue
    /// is locked.
    pub(crate) settling: watch::Sender<usize>,
}

#[derive(Default)]
pub(crate) struct Queue {
    pub(crate) batch: Batch,
    /// The waiting callers of the events in `batch`; `None` for an event that a middleware added.
    pub(crate) waiting: Vec<Option<Waiting>>,
    /// The deadline of the oldest buffered event.
    pub(crate) deadline: Option<Instant>,
    /// The total number of events added.
    pub(crate) accepted: u64,
    /// Events before this index are sent without waiting.
    pub(crate) flush_to: u64,
    pub(crate) state: State,
    /// The index of the first event of each dispatch without outcomes.
    unsettled: BTreeSet<u64>,
    /// The dispatches in flight.
    pub(crate) in_flight: Vec<Dispatch>,
    pub(crate) report: Report,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum State {
    #[default]
    Open,
    /// The sender accepts no new events and sends the buffered ones.
    Closing,
    /// The sender sends nothing more.
    Closed,
}

/// A caller that waits for the outcome of an event, and the event's room in the buffer.
pub(crate) struct Waiting {
    pub(crate) outcome: oneshot::Sender<Result<Receipt, SendError>>,
    pub(crate) _room: OwnedSemaphorePermit,
}

impl Shared {
    /// Stops sending and fails all pending events.
    pub(crate) fn close(&self) {
        self.room.close();
        self.settled.send_replace(u64::MAX);
        self.wake.notify_one();
    }

    /// Closes a sender that was not shut down. Keeps its events for a later `shutdown`.
    pub(crate) fn abandon(&self, why: &str) {
        // In the child of a fork, the parent owns and sends the events.
        if !self.settings.pipeline.sender.process.is_this() {
            return;
        }
        let mut waiting = Vec::new();
        let mut lost = Vec::new();
        {
            let mut queue = self.queue();
            if queue.state != State::Closed {
                queue.state = State::Closed;
                lost.extend(queue.batch.metas().cloned());
                waiting.append(&mut queue.waiting);
                for dispatch in &mut queue.in_flight {
                    lost.extend(dispatch.metas.iter().cloned());
                    waiting.append(&mut dispatch.waiting);
                }
            }
        }
        if !lost.is_empty() {
            warn_of_lost(why, &lost);
        }
        drop(waiting);
        self.close();
    }

    pub(crate) fn queue(&self) -> MutexGuard<'_, Queue> {
        // Every statement leaves the queue consistent.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides what the task does next. `has_yielded` tells whether the task yielded because the
    /// buffer was full. `waited` is the deadline that the task waited for; it counts as reached even
    /// if the clock stood still.
    fn next(&self, has_yielded: bool, waited: Option<Instant>) -> Next {
        let mut queue = self.queue();
        let events = queue.batch.len();
        if queue.state == State::Closed {
            return Next::End;
        }
        let Some(deadline) = queue.deadline else {
            return Next::Idle;
        };
        let first = queue.accepted - events as u64;
        // Send if another event as large as the last one would not fit into the request.
        let last = queue.batch.fresh.events.last();
        let bytes = queue.batch.fresh.bytes.len() + last.map_or(0, |event| event.json().len());
        let is_due = events >= self.settings.max_events
            || bytes >= self.settings.max_bytes
            || queue.flush_to > first
            || waited == Some(deadline)
            || Instant::now() >= deadline;
        // Callers may wait for the room that these events occupy.
        let is_full = self.room.available_permits() == 0;
        if !is_due && !is_full {
            return Next::Wait(deadline);
        }
        if !is_due && !has_yielded {
            return Next::Full;
        }
        queue.deadline = None;
        let batch = std::mem::take(&mut queue.batch);
        let waiting = std::mem::take(&mut queue.waiting);
        queue.unsettled.insert(first);
        let pipeline = &self.settings.pipeline;
        let mut dispatch = Dispatch {
            first,
            metas: batch.metas().cloned().collect(),
            waiting,
            in_flight: InFlight::default(),
        };
        match pipeline.split(batch) {
            Ok(in_flight) => {
                dispatch.in_flight = in_flight;
                let watched = dispatch.in_flight.watched.iter_mut();
                for (event, waiting) in watched.zip(&dispatch.waiting) {
                    event.added = waiting.is_none();
                }
                let requests = dispatch.in_flight.requests.clone();
                let metas = Arc::clone(&dispatch.metas);
                queue.in_flight.push(dispatch);
                Next::Send {
                    first,
                    metas,
                    requests,
                }
            }
            Err(stopped) => {
                dispatch.in_flight.watched = pipeline.watched(&stopped.0);
                Next::Failed(dispatch, stopped)
            }
        }
    }

    /// Ends a dispatch and reports its outcomes, unless it has already ended. Unsent events fail with
    /// this error.
    fn end(&self, first: u64, error: SendError, operation: Option<Operation>) {
        let mut dispatch = {
            let mut queue = self.queue();
            let mut known = queue.in_flight.iter();
            let Some(index) = known.position(|dispatch| dispatch.first == first) else {
                return;
            };
            self.settling.send_modify(|settling| *settling += 1);
            queue.in_flight.swap_remove(index)
        };
        let Delivered { outcomes, unsent } = dispatch.in_flight.end(&Arc::new(error));
        let outcomes = outcomes.into_each();
        if let Some(operation) = operation {
            let first = outcomes.iter().find_map(Outcome::error);
            operation.end_with(first, first.map(|error| error as _));
        }
        let unsent = Batch::of_requests(unsent);
        self.settle(dispatch, outcomes, unsent);
        self.settling.send_modify(|settling| *settling -= 1);
    }

    /// Reports the outcomes of a dispatch.
    pub(crate) fn settle(&self, dispatch: Dispatch, outcomes: Vec<Outcome>, unsent: Batch) {
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
        let pipeline = &self.settings.pipeline;
        pipeline.report(&dispatch.in_flight.watched, &outcomes, &[]);
        // Whether an event failed and nobody awaits its error.
        let mut has_unread_error = false;
        for (waiting, outcome) in dispatch.waiting.into_iter().zip(&outcomes) {
            let Some(waiting) = waiting else { continue };
            let result = match outcome {
                Outcome::Accepted(receipt) => Ok(receipt.clone()),
                Outcome::Rejected(Rejection { error, .. }) | Outcome::Unknown { error, .. } => {
                    Err((**error).clone())
                }
            };
            let sent = waiting.outcome.send(result);
            has_unread_error |= sent.is_err_and(|result| result.is_err());
        }
        if failed > closed {
            let failure = Failure { outcomes, unsent };
            match &self.settings.on_failure {
                Some(hook) => guarded("`on_failure`", || hook(failure)),
                None => {
                    tracing::warn!(failed, "{failure}");
                    if has_unread_error {
                        print_if_no_traces(&failure);
                    }
                }
            }
        }
        let mut queue = self.queue();
        queue.unsettled.remove(&dispatch.first);
        let first = queue.unsettled.first().copied();
        let first = first.unwrap_or(queue.accepted - queue.batch.len() as u64);
        // `close` sets the maximum, which must stay.
        self.settled
            .send_modify(|settled| *settled = first.max(*settled));
    }
}

fn warn_of_lost(why: &str, lost: &[EventMeta]) {
    let (count, names) = (
        lost.len(),
        EventCounts::of(lost.iter().map(EventMeta::name)),
    );
    tracing::warn!(lost = count, %names, "{why}");
    print_if_no_traces(format_args!("{why}; events lost: {count} ({names})"));
}

/// Prints a line to standard error if nothing collects traces. Without it, a program could lose
/// events without any sign.
fn print_if_no_traces(line: impl std::fmt::Display) {
    if !tracing::dispatcher::has_been_set() {
        let line = format!("inngest-core: {line}\n");
        // If this fails too, nothing is left to report to.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}

enum Next {
    End,
    /// The buffer is empty.
    Idle,
    Wait(Instant),
    /// The buffer is full. Yield once, so that callers that have a permit can add their events.
    Full,
    Send {
        first: u64,
        metas: Arc<[EventMeta]>,
        requests: Vec<RequestProgress>,
    },
    /// The events cannot be sent.
    Failed(Dispatch, Stopped),
}

/// Buffered events that are sent together.
pub(crate) struct Dispatch {
    /// The index of its first event among all events added.
    pub(crate) first: u64,
    metas: Arc<[EventMeta]>,
    pub(crate) waiting: Vec<Option<Waiting>>,
    pub(crate) in_flight: InFlight,
}

/// Reports the outcomes of a dispatch if the transport panics.
struct EndOnPanic<'a>(&'a Shared, u64);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self(shared, first) = *self;
            let source = TransportError::other("the transport panicked");
            let url = shared.settings.pipeline.sender.url().to_owned();
            let error = SendError::ConnectionBroke { url, source };
            shared.end(first, error, None);
        }
    }
}

/// Closes the sender when its task ends, even if its runtime shuts down.
pub(super) struct Worker(pub(super) Arc<Shared>);

impl Drop for Worker {
    fn drop(&mut self) {
        self.0
            .abandon("the runtime of a buffered sender ended before its `shutdown`");
    }
}

/// The task of a sender. A runtime that shuts down may drop it before its first poll.
pub(crate) async fn work(worker: Worker) {
    let shared = &worker.0;
    // Dropped with all its requests when the sender stops.
    let mut in_flight = JoinSet::new();
    let mut has_yielded = false;
    // Kept until its deadline, so that a wake-up does not start a new pause.
    let mut pausing = None;
    let mut waited = None;
    loop {
        if in_flight.len() >= shared.settings.pipeline.concurrency {
            // The queue fills meanwhile, so the next request is larger.
            let wake = pin!(shared.wake.notified());
            select(pin!(in_flight.join_next()), wake).await;
            if shared.queue().state == State::Closed {
                return;
            }
            continue;
        }
        match shared.next(std::mem::take(&mut has_yielded), waited.take()) {
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
                let wake = pin!(shared.wake.notified());
                let has_waited = matches!(select(pause, wake).await, Either::Left(_));
                if has_waited {
                    pausing = None;
                    waited = Some(deadline);
                }
            }
            Next::Full => {
                tokio::task::yield_now().await;
                has_yielded = true;
            }
            Next::Failed(dispatch, stopped) => {
                let (unsent, error) = *stopped;
                let outcomes = not_sent(error, &unsent);
                shared.settle(dispatch, outcomes, unsent);
            }
            Next::Send {
                first,
                metas,
                requests,
            } => {
                let shared = Arc::clone(shared);
                in_flight.spawn(async move {
                    let pipeline = &shared.settings.pipeline;
                    let (names, events) = (metas.iter().map(EventMeta::name), metas.len());
                    let operation = Operation::of_names(&pipeline.sender.endpoint, names, events);
                    let on_panic = EndOnPanic(&shared, first);
                    let permits = Some(&shared.requests);
                    let delivery = pipeline.deliver(&requests, pipeline.concurrency, permits);
                    delivery.instrument(operation.span().clone()).await;
                    drop(on_panic);
                    shared.end(first, unfinished(), Some(operation));
                });
            }
        }
        // Remove finished requests from the set.
        while in_flight.try_join_next().is_some() {}
    }
}
