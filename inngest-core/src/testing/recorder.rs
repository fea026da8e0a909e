//! A transport without sockets.

use std::ops::Deref;

use super::received::{Outcome, Received};
use crate::transport::contract::{Request, Transport, TransportFuture};

/// A transport that takes events as the real server does, and keeps them: for unit tests.
///
/// Clones share what they have received, which is read through [`Received`]'s methods.
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
    /// A recorder that has received nothing.
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
        // A recorder has no faults; they are the server's.
        let (Outcome::Answer(answer) | Outcome::Fault(_, answer)) =
            self.0.ingest(key, request.headers(), request.body());
        Box::pin(std::future::ready(Ok(answer)))
    }
}
