//! The client for programs without async.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::batch::{Batch, IntoBatch};
use crate::client::{
    self, BatchError, ConfigError, Failure, Plan, Process, Progress, Receipt, Report, RetryPolicy,
    SendError, Streaming,
};
use crate::middleware::Middleware;
use crate::payload::IntoPayload;
use crate::transport::Transport;

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
    /// Inside a runtime, where waiting would stop other tasks, the future is not run.
    fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T, SendError> {
        match (Handle::try_current(), &self.0) {
            (Err(_), Some(runtime)) => Ok(runtime.block_on(future)),
            _ => Err(SendError::InsideRuntime),
        }
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
    /// Why the event was not delivered, or why it may not have been. Inside an async runtime,
    /// where waiting would stop other tasks, nothing is sent: use [`client::Client`] there.
    pub fn send<P: IntoPayload>(&self, event: P) -> Result<Receipt, SendError> {
        self.runtime.wait(self.client.send(event))?
    }

    /// Sends any number of events, see [`client::Client::send_many`].
    ///
    /// # Errors
    ///
    /// What became of each event. Inside an async runtime nothing is sent.
    pub fn send_many<B: IntoBatch>(&self, events: B) -> Result<Vec<Receipt>, BatchError> {
        let (batch, refused) = events.into_batch();
        if Handle::try_current().is_ok() {
            return Err(client::nothing_sent(
                SendError::InsideRuntime,
                refused,
                batch,
            ));
        }
        let sending = self.client.send_gathered(batch, refused);
        match self.runtime.wait(sending) {
            Ok(result) => result,
            // There is no runtime here, so it was waited for.
            Err(error) => Err(client::nothing_sent(error, Vec::new(), Batch::new())),
        }
    }

    /// Sends a batch, see [`send_many`](Self::send_many).
    ///
    /// # Errors
    ///
    /// What became of each event. Inside an async runtime nothing is sent.
    pub fn send_batch(&self, batch: Batch) -> Result<Vec<Receipt>, BatchError> {
        self.send_many(batch)
    }

    /// Sends the events of an iterator as they come, in bounded memory, see
    /// [`client::Client::send_iter`].
    ///
    /// The iterator that this returns has an item for each request's worth of events. Inside an
    /// async runtime its only item is the error [`SendError::InsideRuntime`], and nothing is sent.
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
    /// See [`client::Buffered::send`]; inside an async runtime nothing is taken in.
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
    /// Inside an async runtime this does nothing.
    pub fn flush(&self) -> Result<(), SendError> {
        self.runtime.wait(self.sender.try_flush())?
    }

    /// Takes nothing more in, sends what is there for as long as `timeout`, and says what became
    /// of it.
    ///
    /// # Errors
    ///
    /// Inside an async runtime; the sender is then dropped, with a warning of what is lost.
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
    /// Why the event was not delivered, or why it may not have been. Inside an async runtime this
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
