//! The handle of a buffered sender.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

use crate::batch::Batch;
use crate::client::buffered::queue::{Shared, State, Waiting};
use crate::client::buffered::report::Report;
use crate::client::pipeline::{Pipeline, dropped, not_sent};
use crate::delivery::error::SendError;
use crate::delivery::http::FAR_FUTURE;
use crate::delivery::process::Process;
use crate::delivery::receipt::Receipt;
use crate::error::PayloadError;
use crate::event::into_payload::IntoPayload;
use crate::middleware::chain::Mapping;
use crate::timer::Clock;

/// How long a shutdown waits for hooks that started before the timeout.
const MAX_SETTLING: Duration = Duration::from_secs(1);

/// Sends events in the background. [`send`](Self::send) returns as soon as the buffer has room, and
/// the sender combines the events of many calls into one request.
///
/// Clones share one queue. Call [`shutdown`](Self::shutdown) before the program ends: if you drop
/// the last clone without it, the buffered events are lost. A `tracing` warning gives their number
/// and names. If no subscriber is set, the warning goes to standard error.
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

/// Stops the sender when the last handle is dropped.
struct Guard(Arc<Shared>);

/// A future of the receipt of an event in a [`Buffered`] sender. The sender sends the event even if
/// you do not await this.
#[derive(Debug)]
pub struct Pending {
    settled: oneshot::Receiver<Result<Receipt, SendError>>,
    process: Process,
}

impl Future for Pending {
    type Output = Result<Receipt, SendError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match Pin::new(&mut self.settled).poll(cx) {
            Poll::Ready(settled) => Poll::Ready(settled.unwrap_or(Err(SendError::SenderClosed))),
            Poll::Pending => match self.process.check() {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
        }
    }
}

impl Buffered {
    pub(crate) fn of(shared: Arc<Shared>) -> Self {
        Self {
            guard: Arc::new(Guard(shared)),
        }
    }

    /// Adds an event. Waits while the buffer is full.
    ///
    /// # Errors
    ///
    /// The server would refuse the event or change it, or the sender was shut down.
    pub async fn send<P: IntoPayload>(&self, event: P) -> Result<Pending, SendError> {
        self.process().check()?;
        let event = batch_of(event);
        let room = Arc::clone(&self.guard.0.room).acquire_owned().await;
        self.enqueue(event, room.map_err(|_| SendError::SenderClosed)?)
    }

    /// Adds an event if the buffer has room.
    ///
    /// # Errors
    ///
    /// The buffer is full, the server would refuse the event or change it, or the sender was shut
    /// down.
    pub fn try_send<P: IntoPayload>(&self, event: P) -> Result<Pending, SendError> {
        self.process().check()?;
        let event = batch_of(event);
        let room = Arc::clone(&self.guard.0.room).try_acquire_owned();
        let room = room.map_err(|error| match error {
            tokio::sync::TryAcquireError::Closed => SendError::SenderClosed,
            tokio::sync::TryAcquireError::NoPermits => SendError::BufferFull,
        })?;
        self.enqueue(event, room)
    }

    fn enqueue(
        &self,
        event: Result<Batch, PayloadError>,
        room: OwnedSemaphorePermit,
    ) -> Result<Pending, SendError> {
        let shared = &self.guard.0;
        // The original event, unless it was discarded, followed by events that middleware added.
        let (batch, mapping) = prepare(&shared.settings.pipeline, event)?;
        let added = mapping.as_ref().map_or(0, Mapping::added);
        let discarded = mapping.and_then(|mapping| mapping.discarded.into_iter().next());
        if batch.is_empty()
            && let Some(discarded) = discarded
        {
            return Err(Arc::unwrap_or_clone(discarded.rejection.error));
        }
        let mut queue = shared.queue();
        if queue.state != State::Open {
            return Err(SendError::SenderClosed);
        }
        let (outcome, settled) = oneshot::channel();
        queue.accepted += batch.len() as u64;
        queue.batch.append(batch);
        if discarded.is_none() {
            let waiting = Waiting {
                outcome,
                _room: room,
            };
            queue.waiting.push(Some(waiting));
        }
        queue.waiting.extend((0..added).map(|_| None));
        let linger = shared.settings.linger;
        queue.deadline.get_or_insert_with(|| {
            let now = Instant::now();
            now.checked_add(linger).unwrap_or(now + FAR_FUTURE)
        });
        drop(queue);
        shared.wake.notify_one();
        match discarded {
            None => Ok(Pending {
                settled,
                process: self.process(),
            }),
            Some(discarded) => Err(Arc::unwrap_or_clone(discarded.rejection.error)),
        }
    }

    /// Sends all buffered events now. Waits until every event added so far has an outcome, or until
    /// the sender stops.
    ///
    /// In the child of a `fork`, this does nothing, because the parent sends the buffered events.
    pub async fn flush(&self) {
        // The only error is `AfterFork`.
        let _ = self.try_flush().await;
    }

    pub(crate) async fn try_flush(&self) -> Result<(), SendError> {
        self.process().check()?;
        let shared = &self.guard.0;
        let accepted = {
            let mut queue = shared.queue();
            queue.flush_to = queue.accepted;
            queue.accepted
        };
        shared.wake.notify_one();
        let mut settled = shared.settled.subscribe();
        // This handle keeps the sender alive, so waiting cannot fail.
        let _ = settled.wait_for(|settled| *settled >= accepted).await;
        Ok(())
    }

    fn process(&self) -> Process {
        self.guard.0.settings.pipeline.sender.process
    }

    /// Stops accepting events, sends the buffered events within `timeout`, and returns a report.
    ///
    /// In the child of a `fork`, this does nothing and the report is empty, because the parent
    /// sends the buffered events.
    pub async fn shutdown(self, timeout: Duration) -> Report {
        self.try_shutdown(timeout).await.unwrap_or_default()
    }

    pub(crate) async fn try_shutdown(self, timeout: Duration) -> Result<Report, SendError> {
        self.process().check()?;
        let shared = Arc::clone(&self.guard.0);
        shared.room.close();
        shared.queue().state = State::Closing;
        let timer = &shared.timer;
        let clock = shared.settings.pipeline.sender.clock;
        timer.within(timeout, clock, self.flush()).await;
        let ended = std::time::Instant::now();
        let (mut unsent, in_flight) = loop {
            // Wait for running hooks, so that the report contains their events.
            let mut settling = shared.settling.subscribe();
            let none = settling.wait_for(|settling| *settling == 0);
            let left = MAX_SETTLING.saturating_sub(ended.elapsed());
            timer.within(left, Clock::Real, none).await;
            let mut queue = shared.queue();
            if *shared.settling.borrow() > 0 && ended.elapsed() < MAX_SETTLING {
                continue;
            }
            queue.state = State::Closed;
            queue.waiting.clear();
            break (
                std::mem::take(&mut queue.batch),
                std::mem::take(&mut queue.in_flight),
            );
        };
        // Cancel the requests in flight. The server may have their events.
        let error = Arc::new(SendError::SenderClosed);
        for mut dispatch in in_flight {
            let delivered = dispatch.in_flight.end(&error);
            unsent.requests.extend(delivered.unsent);
            shared.settle(dispatch, delivered.outcomes.into_each(), Batch::new());
        }
        let mut report = std::mem::take(&mut shared.queue().report);
        report.failed = report.failed.saturating_sub(unsent.resent_len() as u64);
        report.unsent = unsent;
        shared.close();
        Ok(report)
    }
}

impl fmt::Debug for Buffered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = self.guard.0.queue();
        f.debug_struct("Buffered")
            .field("waiting", &queue.batch.len())
            .field("accepted", &queue.accepted)
            .finish_non_exhaustive()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0
            .abandon("a buffered sender was dropped without `shutdown`");
    }
}

/// Runs middleware on an event, and reports an event that is refused or discarded.
fn prepare(
    pipeline: &Pipeline,
    event: Result<Batch, PayloadError>,
) -> Result<(Batch, Option<Mapping>), SendError> {
    let batch = event.map_err(|error| {
        pipeline.report(&[], &[], &dropped(std::slice::from_ref(&error), &[]));
        SendError::from(error)
    })?;
    let (batch, mapping) = pipeline.prepare(batch).map_err(|stopped| {
        let (batch, error) = *stopped;
        let outcomes = not_sent(error.clone(), &batch);
        pipeline.report(&pipeline.watched(&batch), &outcomes, &[]);
        error
    })?;
    if let Some(mapping) = &mapping {
        pipeline.report(&[], &[], &dropped(&[], &mapping.discarded));
    }
    Ok((batch, mapping))
}

/// Creates a batch of one event.
fn batch_of<P: IntoPayload>(event: P) -> Result<Batch, PayloadError> {
    let mut batch = Batch::new();
    batch.push(event).map(|()| batch)
}
