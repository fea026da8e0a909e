//! The client for programs without async.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::batch::Batch;
use crate::client::source::Source;
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

/// The settings of a builder of [`crate::client`], under the same names.
macro_rules! settings {
    ($builder:ty, $inner:ty: $($(#[$attribute:meta])* $name:ident($value:ty))*) => {
        impl $builder {
            $(
                #[doc = concat!("See [`", stringify!($inner), "::", stringify!($name), "`].")]
                $(#[$attribute])*
                pub fn $name(mut self, value: $value) -> Self {
                    self.0 = self.0.$name(value);
                    self
                }
            )*
        }
    };
}

/// Settings of a [`Client`]: those of [`client::ClientBuilder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct ClientBuilder(client::ClientBuilder);

settings! { ClientBuilder, client::ClientBuilder:
    event_key(impl Into<String>)
    base_url(impl Into<String>)
    env(impl Into<String>)
    dev(bool)
    max_request_bytes(usize)
    max_request_events(usize)
    max_event_bytes(usize)
    concurrency(usize)
    timeout(Duration)
    retry(RetryPolicy)
    root_certificates(impl AsRef<[u8]>)
    #[cfg(feature = "reqwest")]
    http_client(::reqwest::Client)
    transport(impl Transport)
    middleware(impl Middleware)
}

impl ClientBuilder {
    /// See [`client::ClientBuilder::client_certificate`].
    pub fn client_certificate(
        mut self,
        certificates: impl AsRef<[u8]>,
        private_key: impl AsRef<[u8]>,
    ) -> Self {
        self.0 = self.0.client_certificate(certificates, private_key);
        self
    }

    /// Makes the client. It opens no connection before the first event is sent.
    ///
    /// # Errors
    ///
    /// See [`client::ClientBuilder::build`], and a system that gives no thread.
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

/// Sends events to Inngest and waits for the answer: [`Client`](crate::Client) for programs
/// without async.
///
/// It runs a thread of its own. Clones share it and the pool of connections.
///
/// It works wherever a thread may wait, also in a runtime's `spawn_blocking` and `block_in_place`.
/// In an async task, where waiting would stop other tasks, it gives
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
#[derive(Clone)]
pub struct Client {
    client: client::Client,
    runtime: Arc<OwnRuntime>,
}

/// Ends without waiting, so that a client may be dropped anywhere.
struct OwnRuntime(Option<Runtime>, Process);

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            if !self.1.is_this() {
                // In the child of a fork, its threads are not there to be ended.
                return std::mem::forget(runtime);
            }
            runtime.shutdown_background();
        }
    }
}

impl OwnRuntime {
    /// Waits for a future.
    ///
    /// # Errors
    ///
    /// In an async task, where waiting would stop other tasks, the future is not run.
    fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T, SendError> {
        match &self.0 {
            Some(runtime) if !is_async_task() => {
                let _inside = runtime.enter();
                Ok(block_on(future))
            }
            _ => Err(SendError::InsideRuntime),
        }
    }
}

/// Waits on this thread. tokio's own `block_on` panics where a runtime is, even if it would do no
/// harm.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    /// Not by parking the thread: that could take the wake-up of somebody else who parks it.
    #[derive(Default)]
    struct Woken {
        is_woken: Mutex<bool>,
        changed: Condvar,
    }
    impl Woken {
        // A `bool` is whole at any time.
        fn is_woken(&self) -> MutexGuard<'_, bool> {
            self.is_woken.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            *self.is_woken() = true;
            self.changed.notify_one();
        }
    }
    let woken = Arc::new(Woken::default());
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
    /// A client as the environment describes it, see [`client::Client::from_env`].
    ///
    /// # Errors
    ///
    /// See [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// Settings for a client; what is not set is taken from the environment.
    pub fn builder() -> ClientBuilder {
        ClientBuilder(client::Client::builder())
    }

    /// Sends one event, see [`client::Client::send`].
    ///
    /// # Errors
    ///
    /// Why the event was not delivered, or why it may not have been. In an async task,
    /// where waiting would stop other tasks, nothing is sent: use [`client::Client`] there.
    pub fn send<P: IntoPayload>(&self, event: P) -> Result<Receipt, SendError> {
        self.runtime.wait(self.client.send(event))?
    }

    /// Sends any number of events, see [`client::Client::send_many`].
    ///
    /// # Errors
    ///
    /// What became of each event. In an async task nothing is sent.
    pub fn send_many<'a, B: IntoEvents<'a>>(&self, events: B) -> Result<Vec<Receipt>, BatchError> {
        let source = events.into_source();
        if is_async_task() {
            return Err(client::nothing_sent(SendError::InsideRuntime, source));
        }
        match self.runtime.wait(self.client.send_source(source)) {
            Ok(result) => result,
            // This is no async task, so it was waited for.
            Err(error) => Err(client::nothing_sent(error, Source::default())),
        }
    }

    /// Sends a batch, see [`send_many`](Self::send_many).
    ///
    /// # Errors
    ///
    /// What became of each event. In an async task nothing is sent.
    pub fn send_batch(&self, batch: Batch) -> Result<Vec<Receipt>, BatchError> {
        self.send_many(batch)
    }

    /// Sends the events of an iterator as they come, in bounded memory, see
    /// [`client::Client::send_iter`].
    ///
    /// The iterator that this returns has an item for each request's worth of events. In an
    /// async task its only item is the error [`SendError::InsideRuntime`], and nothing is sent.
    pub fn send_iter<I>(&self, events: I) -> Sending
    where
        I: IntoIterator<Item: IntoPayload, IntoIter: Send + 'static>,
    {
        Sending {
            streaming: Some(self.client.send_iter(events)),
            runtime: Arc::clone(&self.runtime),
        }
    }

    /// A sender in the background, see [`client::Client::buffered`].
    pub fn buffered(&self) -> BufferedBuilder {
        BufferedBuilder(self.client.buffered(), Arc::clone(&self.runtime))
    }

    /// What sending a batch would do, without a request.
    #[must_use]
    pub fn plan(&self, batch: &Batch) -> Plan {
        self.client.plan(batch)
    }

    /// Where the events go, without the event key: `https://inn.gs/e/`.
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

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.client.fmt(f)
    }
}

/// What becomes of the events of an iterator. Nothing is read or sent before the first item is
/// asked for.
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

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sending")
    }
}

/// Settings of a [`Buffered`] sender: those of [`client::BufferedBuilder`].
#[must_use = "a builder does nothing until `start`"]
pub struct BufferedBuilder(client::BufferedBuilder, Arc<OwnRuntime>);

settings! { BufferedBuilder, client::BufferedBuilder:
    max_events(usize)
    max_bytes(usize)
    linger(Duration)
    capacity(usize)
    on_failure(impl Fn(Failure) + Send + Sync + 'static)
}

impl BufferedBuilder {
    /// Starts the sender on the client's own thread.
    ///
    /// # Errors
    ///
    /// None; the result is that of [`client::BufferedBuilder::start`].
    pub fn start(self) -> Result<Buffered, SendError> {
        let Self(builder, runtime) = self;
        let entered = runtime.0.as_ref().map(Runtime::enter);
        let sender = builder.start()?;
        drop(entered);
        Ok(Buffered { sender, runtime })
    }
}

impl fmt::Debug for BufferedBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Sends events in the background, see [`client::Buffered`].
#[derive(Clone)]
pub struct Buffered {
    sender: client::Buffered,
    runtime: Arc<OwnRuntime>,
}

impl Buffered {
    /// Takes an event in, and waits for room where there is none.
    ///
    /// # Errors
    ///
    /// See [`client::Buffered::send`]; in an async task nothing is taken in.
    pub fn send<P: IntoPayload>(&self, event: P) -> Result<Pending, SendError> {
        let pending = self.runtime.wait(self.sender.send(event))??;
        Ok(self.pending(pending))
    }

    /// Takes an event in if there is room.
    ///
    /// # Errors
    ///
    /// See [`client::Buffered::try_send`].
    pub fn try_send<P: IntoPayload>(&self, event: P) -> Result<Pending, SendError> {
        Ok(self.pending(self.sender.try_send(event)?))
    }

    /// Sends what is waiting at once, and waits until everything that was taken in before is
    /// settled.
    ///
    /// # Errors
    ///
    /// In an async task this does nothing.
    pub fn flush(&self) -> Result<(), SendError> {
        self.runtime.wait(self.sender.try_flush())?
    }

    /// Takes nothing more in, sends what is there for as long as `timeout`, and says what became
    /// of it.
    ///
    /// # Errors
    ///
    /// In an async task; the sender is then dropped, with a warning of what is lost.
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

impl fmt::Debug for Buffered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sender.fmt(f)
    }
}

/// The receipt of an event that was given to a [`Buffered`] sender. It need not be waited for.
#[derive(Debug)]
pub struct Pending {
    pending: client::Pending,
    runtime: Arc<OwnRuntime>,
}

impl Pending {
    /// Waits until it is known what became of the event.
    ///
    /// # Errors
    ///
    /// Why the event was not delivered, or why it may not have been. In an async task this
    /// does not wait.
    pub fn wait(self) -> Result<Receipt, SendError> {
        self.runtime.wait(self.pending)?
    }
}

impl fmt::Debug for OwnRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnRuntime")
    }
}
