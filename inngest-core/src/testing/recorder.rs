//! Implements `Recorder`, a transport without sockets.

use std::ops::Deref;

use super::received::{Handled, Received};
use crate::transport::contract::{Request, Transport, TransportFuture};

/// A transport for unit tests that accepts events by the real server's rules and keeps them.
///
/// Clones share the received events. Read them through [`Received`]'s methods.
///
/// ```
/// use inngest_core::{Client, Event, testing::Recorder};
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "storefront/cart.cleared")]
/// struct CartCleared {}
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let recorder = Recorder::new();
/// let client = Client::builder().dev(true).transport(recorder.clone()).build()?;
/// client.send(&CartCleared {}).await?;
/// assert_eq!(recorder.events().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recorder(Received);

impl Recorder {
    /// Creates an empty recorder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Deref for Recorder {
    type Target = Received;

    fn deref(&self) -> &Received {
        &self.0
    }
}

impl Transport for Recorder {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        let path = request.uri().path();
        let key = path.rsplit_once('/').map_or(path, |(_, key)| key);
        // Faults are injected only into servers, so the answer is the response either way.
        let (Handled::Answer(answer) | Handled::Fault(_, answer)) =
            self.0.ingest(key, request.headers(), request.body());
        Box::pin(std::future::ready(Ok(answer)))
    }
}
