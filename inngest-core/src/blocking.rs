//! The client for programs without async.

use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, EnterGuard, Runtime};

use crate::batch::Batch;
use crate::client::{self, Failure, IntoEvents, Plan, Progress, Report, Streaming};
use crate::delivery::batch_error::BatchError;
use crate::delivery::error::SendError;
use crate::delivery::process::Process;
use crate::delivery::receipt::Receipt;
use crate::delivery::retry::RetryPolicy;
use crate::error::config::ConfigError;
use crate::event::into_payload::IntoPayload;
use crate::middleware::Middleware;
use crate::runtime::is_async_task;
use crate::transport::contract::Transport;

/// Forwards settings to a builder of [`crate::client`] under the same names.
macro_rules! settings {
    ($builder:ty, $inner:ty: $($(#[$attribute:meta])* $name:ident($($value:ident: $type:ty),+))*) => {
        impl $builder {
            $(
                #[doc = concat!("See [`", stringify!($inner), "::", stringify!($name), "`].")]
                $(#[$attribute])*
                pub fn $name(mut self, $($value: $type),+) -> Self {
                    self.0 = self.0.$name($($value),+);
                    self
                }
            )*
        }
    };
}

/// Settings of a [`Client`], see [`client::ClientBuilder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct ClientBuilder(client::ClientBuilder);

settings! { ClientBuilder, client::ClientBuilder:
    event_key(key: impl Into<String>)
    base_url(url: impl Into<String>)
    env(name: impl Into<String>)
    dev(dev: bool)
    max_request_bytes(bytes: usize)
    max_request_events(events: usize)
    max_event_bytes(bytes: usize)
    concurrency(requests: usize)
    timeout(timeout: Duration)
    retry(policy: RetryPolicy)
    root_certificates(pem: impl AsRef<[u8]>)
    client_certificate(certificates: impl AsRef<[u8]>, private_key: impl AsRef<[u8]>)
    #[cfg(feature = "reqwest")]
    http_client(client: ::reqwest::Client)
    transport(transport: impl Transport)
    middleware(middleware: impl Middleware)
}

impl ClientBuilder {
    /// Builds the client. It opens no connection before the first send.
    ///
    /// # Errors
    ///
    /// See [`client::ClientBuilder::build`]. Also fails if the operating system cannot start a
    /// thread.
    pub fn build(self) -> Result<Client, ConfigError> {
        let client = self.0.build()?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("inngest client")
            .enable_all()
            .build()
            .map_err(|error| ConfigError::Runtime {
                reason: error.to_string(),
            })?;
        Ok(Client {
            client,
            runtime: Arc::new(OwnRuntime(Some(runtime), Process::this())),
        })
    }
}

/// Sends events to Inngest and waits for the response: [`Client`](crate::Client) for programs
/// without async.
///
/// The client runs one thread. Clones share the thread and the connection pool.
///
/// It works on any thread that may block, including in a runtime's `spawn_blocking` and
/// `block_in_place`. In an async task, where blocking would stop other tasks, it returns
/// [`SendError::InsideRuntime`].
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use inngest_core::{Event, blocking::Client, testing::EventServer};
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "storefront/cart.cleared")]
/// struct CartCleared {}
///
/// let server = EventServer::start()?;
/// let client = Client::builder().dev(true).base_url(server.url()).build()?;
/// client.send(&CartCleared {})?;
/// assert_eq!(server.events().len(), 1);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    client: client::Client,
    runtime: Arc<OwnRuntime>,
}

/// A runtime that shuts down without waiting, so that a client can be dropped anywhere.
#[derive(Debug)]
struct OwnRuntime(Option<Runtime>, Process);

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            if !self.1.is_this() {
                // The child of a fork does not have the runtime's threads, so it must not stop them.
                return std::mem::forget(runtime);
            }
            runtime.shutdown_background();
        }
    }
}

impl OwnRuntime {
    /// Enters the runtime before a blocking wait.
    ///
    /// # Errors
    ///
    /// The caller is an async task, where blocking would stop other tasks.
    fn enter(&self) -> Result<EnterGuard<'_>, SendError> {
        match &self.0 {
            Some(runtime) if !is_async_task() => Ok(runtime.enter()),
            _ => Err(SendError::InsideRuntime),
        }
    }

    /// Waits for a future. In an async task, this does not run the future.
    fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T, SendError> {
        let _inside = self.enter()?;
        Ok(block_on(future))
    }
}

/// Blocks this thread on a future. tokio's own `block_on` panics inside any runtime, even where
/// blocking is harmless.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    /// Does not park the thread, because that could consume a wake-up meant for other code on the
    /// thread.
    #[derive(Default)]
    struct WakeFlag {
        is_woken: Mutex<bool>,
        changed: Condvar,
    }
    impl WakeFlag {
        // A panic cannot leave a `bool` half-written.
        fn is_woken(&self) -> MutexGuard<'_, bool> {
            self.is_woken.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
    impl Wake for WakeFlag {
        fn wake(self: Arc<Self>) {
            *self.is_woken() = true;
            self.changed.notify_one();
        }
    }
    let woken = Arc::new(WakeFlag::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let waiting = woken.changed.wait_while(woken.is_woken(), |woken| !*woken);
        *waiting.unwrap_or_else(PoisonError::into_inner) = false;
    }
}

impl Client {
    /// Builds a client from environment variables; see [`client::Client::from_env`].
    ///
    /// # Errors
    ///
    /// See [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// Creates settings for a client. Missing settings come from the environment.
    pub fn builder() -> ClientBuilder {
        ClientBuilder(client::Client::builder())
    }

    /// Sends one event; see [`client::Client::send`].
    ///
    /// # Errors
    ///
    /// Returns why the server did not accept the event, or may not have accepted it. In an async
    /// task, it sends nothing; use [`client::Client`] there.
    pub fn send<P: IntoPayload>(&self, event: P) -> Result<Receipt, SendError> {
        self.runtime.wait(self.client.send(event))?
    }

    /// Sends any number of events; see [`client::Client::send_many`].
    ///
    /// # Errors
    ///
    /// Returns the outcome of each event. In an async task, it sends nothing.
    pub fn send_many<'a, B: IntoEvents<'a>>(&self, events: B) -> Result<Vec<Receipt>, BatchError> {
        let source = events.into_source();
        match self.runtime.enter() {
            Ok(_inside) => block_on(self.client.send_source(source)),
            Err(error) => Err(client::nothing_sent(error, source)),
        }
    }

    /// Sends a batch; see [`send_many`](Self::send_many).
    ///
    /// # Errors
    ///
    /// Returns the outcome of each event. In an async task, it sends nothing.
    pub fn send_batch(&self, batch: Batch) -> Result<Vec<Receipt>, BatchError> {
        self.send_many(batch)
    }

    /// Sends the events of an iterator in bounded memory; see [`client::Client::send_iter`].
    ///
    /// The returned iterator yields one item per group of events. In an async task, it sends
    /// nothing and yields a single [`SendError::InsideRuntime`].
    pub fn send_iter<I>(&self, events: I) -> Sending
    where
        I: IntoIterator<Item: IntoPayload, IntoIter: Send + 'static>,
    {
        Sending {
            streaming: Some(self.client.send_iter(events)),
            runtime: Arc::clone(&self.runtime),
        }
    }

    /// Configures a background sender; see [`client::Client::buffered`].
    pub fn buffered(&self) -> BufferedBuilder {
        BufferedBuilder(self.client.buffered(), Arc::clone(&self.runtime))
    }

    /// Shows what a send of the batch would do; see [`client::Client::plan`].
    #[must_use]
    pub fn plan(&self, batch: &Batch) -> Plan {
        self.client.plan(batch)
    }

    /// The URL of the event API without the event key: `https://inn.gs/e/`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.client.url()
    }

    /// Whether the client is in dev mode.
    #[must_use]
    pub fn is_dev(&self) -> bool {
        self.client.is_dev()
    }
}

/// An iterator over the outcomes of sent events. It reads and sends nothing before the first call
/// to `next`.
#[derive(Debug)]
#[must_use = "nothing is sent before this is iterated over"]
pub struct Sending {
    streaming: Option<Streaming>,
    runtime: Arc<OwnRuntime>,
}

impl Iterator for Sending {
    type Item = Result<Progress, SendError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.streaming.as_mut()?.next();
        match self.runtime.wait(next) {
            Ok(progress) => progress.map(Ok),
            Err(error) => {
                self.streaming = None;
                Some(Err(error))
            }
        }
    }
}

/// Settings of a [`Buffered`] sender; see [`client::BufferedBuilder`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `start`"]
pub struct BufferedBuilder(client::BufferedBuilder, Arc<OwnRuntime>);

settings! { BufferedBuilder, client::BufferedBuilder:
    max_events(events: usize)
    max_bytes(bytes: usize)
    linger(time: Duration)
    capacity(events: usize)
    on_failure(hook: impl Fn(Failure) + Send + Sync + 'static)
}

impl BufferedBuilder {
    /// Starts the sender on the client's own thread.
    ///
    /// # Errors
    ///
    /// See [`client::BufferedBuilder::start`].
    pub fn start(self) -> Result<Buffered, SendError> {
        let Self(builder, runtime) = self;
        let entered = runtime.0.as_ref().map(Runtime::enter);
        let sender = builder.start()?;
        drop(entered);
        Ok(Buffered { sender, runtime })
    }
}

/// Sends events in the background; see [`client::Buffered`].
#[derive(Clone, Debug)]
pub struct Buffered {
    sender: client::Buffered,
    runtime: Arc<OwnRuntime>,
}

impl Buffered {
    /// Adds an event. Blocks while the buffer is full.
    ///
    /// # Errors
    ///
    /// See [`client::Buffered::send`]. In an async task, it adds nothing.
    pub fn send<P: IntoPayload>(&self, event: P) -> Result<Pending, SendError> {
        let pending = self.runtime.wait(self.sender.send(event))??;
        Ok(self.pending(pending))
    }

    /// Adds an event if the buffer has room.
    ///
    /// # Errors
    ///
    /// See [`client::Buffered::try_send`].
    pub fn try_send<P: IntoPayload>(&self, event: P) -> Result<Pending, SendError> {
        Ok(self.pending(self.sender.try_send(event)?))
    }

    /// Sends all buffered events now and waits until every event added so far has an outcome.
    ///
    /// # Errors
    ///
    /// Fails in an async task and in the child of a `fork`, where it does nothing.
    pub fn flush(&self) -> Result<(), SendError> {
        self.runtime.wait(self.sender.try_flush())?
    }

    /// Stops accepting events, sends the buffered events within `timeout`, and returns a report.
    ///
    /// # Errors
    ///
    /// Fails in an async task and in the child of a `fork`. If an async task drops the last handle in
    /// this way, a warning gives the number of lost events.
    pub fn shutdown(self, timeout: Duration) -> Result<Report, SendError> {
        self.runtime.wait(self.sender.try_shutdown(timeout))?
    }

    fn pending(&self, pending: client::Pending) -> Pending {
        Pending {
            pending,
            runtime: Arc::clone(&self.runtime),
        }
    }
}

/// The pending receipt of an event in a [`Buffered`] sender. You do not have to wait for it.
#[derive(Debug)]
pub struct Pending {
    pending: client::Pending,
    runtime: Arc<OwnRuntime>,
}

impl Pending {
    /// Waits for the outcome of the event.
    ///
    /// # Errors
    ///
    /// Returns why the server did not accept the event, or may not have accepted it. In an async
    /// task, it does not wait.
    pub fn wait(self) -> Result<Receipt, SendError> {
        self.runtime.wait(self.pending)?
    }
}
