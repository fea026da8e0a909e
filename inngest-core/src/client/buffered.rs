//! A sender in the background: events gather, and go out together.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::chunk::{self, Chunk, Cut};
use super::deliver::{Delivered, Delivery};
use super::error::{Outcome, SendError};
use super::inner::Inner;
use super::middleware::guarded;
use super::observe::Operation;
use super::receipt::Receipt;
use super::send::{Names, Taken, merge, not_delivered};
use crate::batch::Batch;
use crate::error::PayloadError;
use crate::payload::IntoPayload;
use crate::transport::TransportError;

/// Thirty years: as long as an event may wait where `linger` is beyond what a clock can say.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3_600);

/// Settings of a [`Buffered`] sender; made with [`Client::buffered`](crate::Client::buffered).
#[must_use = "a builder does nothing until `start`"]
pub struct BufferedBuilder {
    inner: Arc<Inner>,
    max_events: usize,
    max_bytes: usize,
    linger: Duration,
    capacity: usize,
    on_failure: Option<Arc<OnFailure>>,
}

type OnFailure = dyn Fn(Failure) + Send + Sync;

/// Events that a [`Buffered`] sender could not deliver for certain.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// What became of each event of the request's worth that they were in.
    pub outcomes: Vec<Outcome>,
    /// Those that can be sent again, with the same event ids.
    pub unsent: Batch,
}

impl BufferedBuilder {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        let limits = *inner.limits();
        Self {
            max_events: limits.request_events.min(500),
            max_bytes: limits.request_bytes,
            linger: Duration::from_millis(50),
            capacity: 10_000,
            on_failure: None,
            inner,
        }
    }

    /// How many events are gathered at most before they are sent; 500 by default.
    pub fn max_events(mut self, events: usize) -> Self {
        self.max_events = events.max(1);
        self
    }

    /// How many bytes of JSON are gathered at most before they are sent; by default as many as a
    /// request holds.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes.max(1);
        self
    }

    /// How long an event waits for others; 50 milliseconds by default.
    pub fn linger(mut self, time: Duration) -> Self {
        self.linger = time;
        self
    }

    /// How many events may be waiting or under way; 10,000 by default.
    pub fn capacity(mut self, events: usize) -> Self {
        self.capacity = events.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// What is called with events that were not delivered for certain. Without it they are reported
    /// to `tracing` as a warning; their handles say it in any case.
    pub fn on_failure(mut self, hook: impl Fn(Failure) + Send + Sync + 'static) -> Self {
        self.on_failure = Some(Arc::new(hook));
        self
    }

    /// Starts the sender, as a task of the tokio runtime that this is called in.
    ///
    /// # Errors
    ///
    /// There is no runtime here.
    pub fn start(self) -> Result<Buffered, SendError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| SendError::NoRuntime)?;
        let (settled, _) = watch::channel(0);
        let shared = Arc::new(Shared {
            room: Arc::new(Semaphore::new(self.capacity)),
            requests: Semaphore::new(self.inner.concurrency().min(Semaphore::MAX_PERMITS)),
            queue: Mutex::default(),
            wake: Notify::new(),
            settled,
            builder: self,
        });
        runtime.spawn(work(Arc::clone(&shared)));
        Ok(Buffered {
            guard: Arc::new(Guard { shared }),
        })
    }
}

impl fmt::Debug for BufferedBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufferedBuilder")
            .field("max_events", &self.max_events)
            .field("max_bytes", &self.max_bytes)
            .field("linger", &self.linger)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// Sends events in the background: [`send`](Self::send) returns as soon as there is room, and the
/// events of many calls go out in one request.
///
/// Clones share one queue. When the last is dropped without [`shutdown`](Self::shutdown), what is
/// still waiting is lost, and a warning says how much.
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use inngest_core::{Event, testing::EventServer};
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "storefront/cart.cleared")]
/// struct CartCleared {}
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let server = EventServer::start()?;
/// let sender = server.client()?.buffered().start()?;
/// let first = sender.send(&CartCleared {}).await?;
/// let second = sender.send(&CartCleared {}).await?;
/// println!("{} {}", first.await?.event_id, second.await?.event_id);
///
/// let report = sender.shutdown(std::time::Duration::from_secs(5)).await;
/// assert!(report.unsent.is_empty());
/// assert_eq!(server.requests().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Buffered {
    guard: Arc<Guard>,
}

/// Ends the sender when the last handle to it is gone.
struct Guard {
    shared: Arc<Shared>,
}

struct Shared {
    builder: BufferedBuilder,
    room: Arc<Semaphore>,
    /// The requests that may be under way at once.
    requests: Semaphore,
    queue: Mutex<Queue>,
    /// There is something to do for the task.
    wake: Notify,
    /// How many events are settled in all.
    settled: watch::Sender<u64>,
}

#[derive(Default)]
struct Queue {
    batch: Batch,
    waiting: Vec<Waiting>,
    /// When the first of those that wait must go.
    deadline: Option<Instant>,
    /// How many events were taken in in all.
    accepted: u64,
    /// All up to this one are to go at once.
    flush_to: u64,
    state: State,
    /// What is under way.
    under_way: Vec<Load>,
    next_number: u64,
    report: Report,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    /// Nothing more is taken in; what is there goes out.
    Closing,
    /// Nothing goes out any more.
    Closed,
}

/// Who waits for what becomes of an event.
enum Waiting {
    Sender {
        settle: oneshot::Sender<Result<Receipt, SendError>>,
        _room: OwnedSemaphorePermit,
    },
    /// A middleware added it.
    Nobody,
}

/// What a [`Buffered`] sender delivered in all, and what it did not at its end.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// How many events the server has.
    pub delivered: u64,
    /// How many were not delivered for certain; their handles and the hook said so.
    pub failed: u64,
    /// Events that were waiting or under way when the time was over, ready to be sent again with
    /// the same event ids.
    pub unsent: Batch,
}

/// The receipt of an event that was given to a [`Buffered`] sender, when it is there. It need not
/// be awaited for the event to be sent.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Result<Receipt, SendError>>);

impl Future for Pending {
    type Output = Result<Receipt, SendError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let settled = Pin::new(&mut self.0).poll(cx);
        settled.map(|settled| settled.unwrap_or(Err(SendError::SenderClosed)))
    }
}

impl Buffered {
    /// Takes an event in, and waits for room where there is none.
    ///
    /// # Errors
    ///
    /// The server would refuse the event or change it, or the sender is shut down.
    pub async fn send<P: IntoPayload>(&self, event: P) -> Result<Pending, SendError> {
        let event = one(event);
        let room = Arc::clone(&self.guard.shared.room).acquire_owned().await;
        self.take_in(event, room.map_err(|_| SendError::SenderClosed)?)
    }

    /// Takes an event in if there is room.
    ///
    /// # Errors
    ///
    /// There is no room, the server would refuse the event or change it, or the sender is shut
    /// down.
    pub fn try_send<P: IntoPayload>(&self, event: P) -> Result<Pending, SendError> {
        let event = one(event);
        let room = Arc::clone(&self.guard.shared.room).try_acquire_owned();
        let room = room.map_err(|error| match error {
            tokio::sync::TryAcquireError::Closed => SendError::SenderClosed,
            tokio::sync::TryAcquireError::NoPermits => SendError::BufferFull,
        })?;
        self.take_in(event, room)
    }

    fn take_in(
        &self,
        event: Result<Batch, PayloadError>,
        room: OwnedSemaphorePermit,
    ) -> Result<Pending, SendError> {
        let shared = &self.guard.shared;
        let Taken {
            batch,
            added,
            discarded,
        } = shared.builder.inner.take_one(event)?;
        if let (Some(error), 0) = (&discarded, added) {
            return Err(error.clone());
        }
        let mut queue = shared.queue();
        if queue.state != State::Open {
            return Err(SendError::SenderClosed);
        }
        let (settle, settled) = oneshot::channel();
        queue.batch.append(batch);
        let sender = discarded.is_none().then_some(Waiting::Sender {
            settle,
            _room: room,
        });
        queue.waiting.extend(sender);
        let nobody = std::iter::repeat_with(|| Waiting::Nobody);
        queue.waiting.extend(nobody.take(added));
        queue.accepted += (added + usize::from(discarded.is_none())) as u64;
        let linger = shared.builder.linger;
        queue.deadline.get_or_insert_with(|| {
            let now = Instant::now();
            now.checked_add(linger).unwrap_or(now + FAR)
        });
        drop(queue);
        shared.wake.notify_one();
        match discarded {
            None => Ok(Pending(settled)),
            Some(error) => Err(error),
        }
    }

    /// Sends what is waiting at once, and waits until everything that was taken in before is
    /// settled, or the sender is at its end.
    pub async fn flush(&self) {
        let shared = &self.guard.shared;
        let accepted = {
            let mut queue = shared.queue();
            queue.flush_to = queue.accepted;
            queue.accepted
        };
        shared.wake.notify_one();
        let mut settled = shared.settled.subscribe();
        // The sender lives as long as this handle.
        let _ = settled.wait_for(|settled| *settled >= accepted).await;
    }

    /// Takes nothing more in, sends what is there for as long as `timeout`, and says what became
    /// of it.
    pub async fn shutdown(self, timeout: Duration) -> Report {
        let shared = Arc::clone(&self.guard.shared);
        shared.room.close();
        shared.queue().state = State::Closing;
        let _ = tokio::time::timeout(timeout, self.flush()).await;
        let (mut unsent, under_way) = {
            let mut queue = shared.queue();
            queue.state = State::Closed;
            queue.waiting.clear();
            (
                std::mem::take(&mut queue.batch),
                std::mem::take(&mut queue.under_way),
            )
        };
        // What is under way is stopped, and may have arrived.
        let error = Arc::new(SendError::SenderClosed);
        for mut load in under_way {
            let delivered = load.end(&error);
            unsent.pinned.extend(delivered.unsent);
            shared.settle(load, delivered.outcomes, Batch::new());
        }
        let mut report = std::mem::take(&mut shared.queue().report);
        report.failed = report.failed.saturating_sub(unsent.pinned_len() as u64);
        report.unsent = unsent;
        shared.close();
        report
    }
}

impl fmt::Debug for Buffered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = self.guard.shared.queue();
        f.debug_struct("Buffered")
            .field("waiting", &queue.batch.len())
            .field("accepted", &queue.accepted)
            .finish_non_exhaustive()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.shared
            .lose("a buffered sender was dropped without `shutdown`");
    }
}

impl Shared {
    /// Nothing goes out any more, and nobody waits in vain.
    fn close(&self) {
        self.room.close();
        self.settled.send_replace(u64::MAX);
        self.wake.notify_one();
    }

    /// Closes a sender that is not shut down. What it has is kept for a `shutdown` to come.
    fn lose(&self, why: &str) {
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

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // The queue is whole between any two statements.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to go now, or how long to wait for it.
    fn next(&self) -> Next {
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
            || Instant::now() >= deadline;
        if !is_due {
            return Next::Wait(deadline);
        }
        queue.deadline = None;
        let batch = std::mem::take(&mut queue.batch);
        let waiting = std::mem::take(&mut queue.waiting);
        let inner = &self.builder.inner;
        let mut names = inner.names(&batch);
        for (name, waiting) in names.iter_mut().zip(&waiting) {
            name.1 = matches!(waiting, Waiting::Nobody);
        }
        let number = queue.next_number;
        queue.next_number += 1;
        let mut load = Load {
            number,
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
                    number,
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
            place.map(|place| queue.under_way.swap_remove(place))
        };
        let Some(mut load) = load else { return };
        let Delivered { outcomes, unsent } = load.end(&Arc::new(error));
        if let Some(operation) = operation {
            operation.end_with(outcomes.iter().find_map(Outcome::error));
        }
        let unsent = Batch {
            pinned: unsent,
            ..Batch::default()
        };
        self.settle(load, outcomes, unsent);
    }

    /// Settles what was sent.
    fn settle(&self, load: Load, outcomes: Vec<Outcome>, unsent: Batch) {
        let events = outcomes.len() as u64;
        let errors = outcomes.iter().filter_map(Outcome::error);
        let failed = errors.clone().count() as u64;
        let closed = errors.filter(|error| matches!(error, SendError::SenderClosed));
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
        let add = |settled: &mut u64| *settled = settled.saturating_add(events);
        self.settled.send_modify(add);
    }
}

enum Next {
    End,
    Idle,
    Wait(Instant),
    Send {
        number: u64,
        names: Vec<&'static str>,
        chunks: Vec<Delivery>,
    },
    /// What is to go cannot be sent.
    Failed(Load, Batch, SendError),
}

/// Events that go out together.
struct Load {
    number: u64,
    events: usize,
    names: Names,
    waiting: Vec<Waiting>,
    chunks: Vec<Delivery>,
    too_large: Vec<PayloadError>,
}

impl Load {
    /// What became of all events. Those that are not settled fail with this error.
    fn end(&mut self, error: &Arc<SendError>) -> Delivered {
        let mut all = Delivered::default();
        for delivered in self.chunks.iter().map(|delivery| delivery.end(error)) {
            all.outcomes.extend(delivered.outcomes);
            all.unsent.extend(delivered.unsent);
        }
        all.outcomes = merge(std::mem::take(&mut self.too_large), all.outcomes);
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
struct Worker(Arc<Shared>);

impl Drop for Worker {
    fn drop(&mut self) {
        self.0
            .lose("the runtime of a buffered sender ended before its `shutdown`");
    }
}

/// The task of a sender.
async fn work(shared: Arc<Shared>) {
    let _worker = Worker(Arc::clone(&shared));
    // Dropped with everything in it when the sender ends.
    let mut under_way = JoinSet::new();
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
        match shared.next() {
            Next::End => return,
            Next::Idle => shared.wake.notified().await,
            Next::Wait(deadline) => {
                tokio::select! {
                    () = tokio::time::sleep_until(deadline) => {}
                    () = shared.wake.notified() => {}
                }
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
                let shared = Arc::clone(&shared);
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

/// A batch of one event.
fn one<P: IntoPayload>(event: P) -> Result<Batch, PayloadError> {
    let mut batch = Batch::new();
    batch.push(event).map(|()| batch)
}
