//! The client for programs without async.

use std::fmt;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::batch::{Batch, IntoBatch};
use crate::client::{
    BatchError, Client as AsyncClient, ClientBuilder, ConfigError, Plan, Receipt, SendError,
};
use crate::payload::IntoPayload;

/// Sends events to Inngest and waits for the answer: [`Client`](crate::Client) for programs
/// without async.
///
/// It runs a thread of its own. Clones share it and the pool of connections.
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use inngest_core::{Client, Event, blocking, testing::EventServer};
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "storefront/cart.cleared")]
/// struct CartCleared {}
///
/// let server = EventServer::start()?;
/// let builder = Client::builder().dev(true).base_url(server.url());
/// let client = blocking::Client::build(builder)?;
/// client.send(&CartCleared {})?;
/// assert_eq!(server.events().len(), 1);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Client {
    client: AsyncClient,
    runtime: Arc<OwnRuntime>,
}

/// Ends without waiting, so that a client may be dropped anywhere.
struct OwnRuntime(Option<Runtime>);

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Client {
    /// A client as the environment describes it, see [`Client::from_env`](crate::Client::from_env).
    ///
    /// # Errors
    ///
    /// See [`ClientBuilder::build`], and a system that gives no thread.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::build(AsyncClient::builder())
    }

    /// A client with the settings of a builder.
    ///
    /// # Errors
    ///
    /// See [`ClientBuilder::build`], and a system that gives no thread.
    pub fn build(builder: ClientBuilder) -> Result<Self, ConfigError> {
        let client = builder.build()?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("inngest client")
            .enable_all()
            .build()
            .map_err(|error| ConfigError::Runtime {
                reason: error.to_string(),
            })?;
        Ok(Self {
            client,
            runtime: Arc::new(OwnRuntime(Some(runtime))),
        })
    }

    /// Sends one event, see [`Client::send`](crate::Client::send).
    ///
    /// # Errors
    ///
    /// Why the event was not delivered, or why it may not have been. Inside an async runtime,
    /// where waiting would stop other tasks, nothing is sent: use [`Client`](crate::Client) there.
    pub fn send<P: IntoPayload>(&self, event: P) -> Result<Receipt, SendError> {
        match self.runtime() {
            Some(runtime) => runtime.block_on(self.client.send(event)),
            None => Err(SendError::InsideRuntime),
        }
    }

    /// Sends any number of events, see [`Client::send_many`](crate::Client::send_many).
    ///
    /// # Errors
    ///
    /// What became of each event. Inside an async runtime nothing is sent.
    pub fn send_many<B: IntoBatch>(&self, events: B) -> Result<Vec<Receipt>, BatchError> {
        match self.runtime() {
            Some(runtime) => runtime.block_on(self.client.send_many(events)),
            None => {
                let (batch, refused) = events.into_batch();
                let events = batch.len() + refused.len();
                Err(BatchError::nothing_sent(
                    SendError::InsideRuntime,
                    events,
                    batch,
                ))
            }
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

    /// What sending a batch would do, without a request.
    #[must_use]
    pub fn plan(&self, batch: &Batch) -> Plan {
        self.client.plan(batch)
    }

    /// What waits for an answer; `None` inside a runtime, where waiting would stop other tasks.
    fn runtime(&self) -> Option<&Runtime> {
        match Handle::try_current() {
            Ok(_) => None,
            Err(_) => self.runtime.0.as_ref(),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.client.fmt(f)
    }
}
