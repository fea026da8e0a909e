//! Configures and starts a buffered sender.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};

use crate::client::buffered::handle::Buffered;
use crate::client::buffered::queue::{BufferSettings, Shared, State, Worker, work};
use crate::client::buffered::report::Failure;
use crate::client::pipeline::Pipeline;
use crate::delivery::error::SendError;

/// Settings of a [`Buffered`] sender, created with [`Client::buffered`](crate::Client::buffered).
#[must_use = "a builder does nothing until `start`"]
pub struct BufferedBuilder(BufferSettings);

impl BufferedBuilder {
    pub(crate) fn new(pipeline: Arc<Pipeline>) -> Self {
        let limits = pipeline.limits;
        Self(BufferSettings {
            max_events: limits.request_events.min(500),
            max_bytes: limits.request_bytes,
            linger: Duration::from_millis(50),
            capacity: 10_000,
            on_failure: None,
            pipeline,
        })
    }

    /// Sets the maximum number of events in a request; 500 by default.
    pub fn max_events(mut self, events: usize) -> Self {
        self.0.max_events = events.max(1);
        self
    }

    /// Sets the maximum size of a request's events in bytes of JSON. The default is the client's
    /// request limit.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.0.max_bytes = bytes.max(1);
        self
    }

    /// Sets how long an event waits for more events; 50 milliseconds by default.
    pub fn linger(mut self, time: Duration) -> Self {
        self.0.linger = time;
        self
    }

    /// Sets how many events may be buffered or in flight; 10,000 by default. If this is less
    /// than `max_events`, the sender sends as soon as the buffer is full.
    pub fn capacity(mut self, events: usize) -> Self {
        self.0.capacity = events.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Sets a function that is called with events that the server did not accept, or may not have
    /// accepted. Without it, the sender logs a warning. [`Pending`](crate::Pending) returns the
    /// error in both cases.
    pub fn on_failure(mut self, hook: impl Fn(Failure) + Send + Sync + 'static) -> Self {
        self.0.on_failure = Some(Arc::new(hook));
        self
    }

    /// Starts the sender as a task on the current tokio runtime. Call
    /// [`shutdown`](Buffered::shutdown) before the runtime ends.
    ///
    /// # Errors
    ///
    /// No tokio runtime is running here, the operating system cannot start a thread, or the client
    /// was created before a `fork`.
    pub fn start(self) -> Result<Buffered, SendError> {
        self.0.pipeline.sender.process.check()?;
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| SendError::NoRuntime)?;
        let timer = self.0.pipeline.sender.timer()?.clone();
        let (settled, _) = watch::channel(0);
        let (settling, _) = watch::channel(0);
        let shared = Arc::new(Shared {
            room: Arc::new(Semaphore::new(self.0.capacity)),
            requests: Semaphore::new(self.0.pipeline.concurrency.min(Semaphore::MAX_PERMITS)),
            queue: Mutex::default(),
            wake: Notify::new(),
            settled,
            settling,
            timer,
            settings: self.0,
        });
        runtime.spawn(work(Worker(Arc::clone(&shared))));
        // A runtime that has shut down drops new tasks without an error.
        if shared.queue().state == State::Closed {
            return Err(SendError::NoRuntime);
        }
        Ok(Buffered::of(shared))
    }
}

impl fmt::Debug for BufferedBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufferedBuilder")
            .field("max_events", &self.0.max_events)
            .field("max_bytes", &self.0.max_bytes)
            .field("linger", &self.0.linger)
            .field("capacity", &self.0.capacity)
            .finish_non_exhaustive()
    }
}
