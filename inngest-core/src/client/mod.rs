//! The client: events in, receipts out.
//!
//! | module | what it does |
//! |---|---|
//! | `config` | where events go: code, environment, defaults |
//! | `base_url` | the URL of the event API, and what of it may be shown |
//! | `builder` | making a client |
//! | `chunk` | splitting a batch into requests |
//! | `seed` | event ids that are known before the request |
//! | `send` | events in, and what became of each of them out |
//! | `deliver` | the requests of a chunk, and what became of each of its events |
//! | `request` | one request, made until it is answered for good |
//! | `observe` | spans; `counters` and `traceparent` behind features |
//! | `retry` | when a request is made again |
//! | `process` | the process that a client belongs to |
//! | `buffered` | a sender in the background; `queue` is what it works on |
//! | [`middleware`] | code of the user that sees every event before and after |
//! | `outgoing` | one event in the hands of a middleware |
//! | `source` | events that are read as they are sent |
//! | `stream` | any number of events in bounded memory |
//! | `outcomes` | what became of events, in their order |
//! | `answer` | what the server's answers mean |
//! | [`plan`] | what sending a batch would do |

mod answer;
mod base_url;
mod buffered;
mod builder;
pub(crate) mod chunk;
mod config;
#[cfg(feature = "metrics")]
mod counters;
mod dedup_id;
mod deliver;
mod error;
mod inner;
pub mod middleware;
mod observe;
mod outcomes;
pub(crate) mod outgoing;
pub mod plan;
mod process;
mod queue;
mod receipt;
mod request;
mod retry;
pub(crate) mod seed;
mod send;
mod source;
mod stream;
#[cfg(feature = "opentelemetry")]
mod traceparent;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

pub(crate) use base_url::{has_sound_port, shown as shown_url};
pub use buffered::{Buffered, BufferedBuilder, Failure, Pending, Report};
pub use builder::ClientBuilder;
pub use config::ConfigError;
pub use dedup_id::DedupId;
pub use error::{BatchError, Outcome, SendError};
pub(crate) use inner::Inner;
pub use plan::Plan;
#[cfg(feature = "blocking")]
pub(crate) use process::Process;
pub use receipt::{EventId, Receipt};
pub use retry::RetryPolicy;
#[cfg(feature = "blocking")]
pub(crate) use send::nothing_sent;
pub use source::IntoEvents;
use source::Source;
pub use stream::{Progress, Streaming};

use crate::batch::{self, Batch};
use crate::error::PayloadError;
use crate::payload::IntoPayload;
use crate::timestamp::now;

/// Sends events to Inngest.
///
/// A client keeps a pool of connections; make one and clone it, clones share the pool.
///
/// Its connections need a tokio runtime with IO; without one, sending gives
/// [`SendError::NoRuntime`]. With a [`transport`](ClientBuilder::transport) that needs no runtime,
/// such as [`testing::Recorder`](crate::testing::Recorder), it sends in any executor. Time limits
/// and pauses need no timers of tokio's: one thread, which all clients of a process share, keeps
/// them.
///
/// A program that calls `fork` makes a client, and a runtime, in each child: the ones from before
/// the `fork` belong to the parent, and sending fails with [`SendError::AfterFork`].
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use inngest_core::{Client, Event, testing::EventServer};
/// use schemars::JsonSchema;
/// use serde::Serialize;
///
/// #[derive(Serialize, JsonSchema, Event)]
/// #[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
/// struct ItemImported {
///     item_id: String,
/// }
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let server = EventServer::start()?;
/// let client = Client::builder().dev(true).base_url(server.url()).build()?;
///
/// let item = ItemImported { item_id: "9f08sdh84".into() };
/// let receipt = client.send(&item).await?;
/// assert_eq!(receipt.dedup_id.as_deref(), Some("item-imported-9f08sdh84"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

impl Client {
    /// A client as the environment describes it.
    ///
    /// | variable | what it says |
    /// |---|---|
    /// | `INNGEST_EVENT_KEY` | the event key; needed unless in dev mode |
    /// | `INNGEST_DEV` | empty, `0` or `false`: no dev mode; a URL, which has `://` in it: the dev server there; anything else: the dev server at `http://localhost:8288` |
    /// | `INNGEST_EVENT_API_BASE_URL` | where the event API is; wins over the next |
    /// | `INNGEST_BASE_URL` | where Inngest is; wins over the URL in `INNGEST_DEV` |
    /// | `INNGEST_ENV` | the Inngest environment |
    /// | `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` | the proxy, by the scheme of the server's URL |
    /// | `NO_PROXY` | which servers are reached without it: hosts, domains, addresses and networks, each with a port or without |
    /// | `SSL_CERT_FILE`, `SSL_CERT_DIR` | the certificates to trust instead of the machine's |
    ///
    /// An empty variable is as good as none, and one that cannot be understood is an error.
    ///
    /// # Errors
    ///
    /// See [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// Settings for a client; what is not set is taken from the environment.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Sends one event: an event, a reference to one, or a [`Payload`](crate::Payload).
    ///
    /// The event is serialized when this is called, so the future holds no reference to it and
    /// can be spawned. Nothing is sent before the future is awaited. Dropping the future while it
    /// runs leaves open whether the server has the event.
    ///
    /// # Errors
    ///
    /// The future's error says why the event was not delivered, or why it may not have been.
    pub fn send<P: IntoPayload>(&self, event: P) -> Sending<'static, Result<Receipt, SendError>> {
        // Most events are smaller, and grow into it without being moved.
        let mut buffer = Vec::with_capacity(1 << 10);
        let entry = batch::append(&mut buffer, event, now);
        Sending::new(Arc::clone(&self.inner).deliver_one(buffer, entry))
    }

    /// Sends any number of events, split into as many requests as the event API needs: a
    /// [`Batch`], or anything that iterates over events, references to events, or payloads.
    ///
    /// Requests go out concurrently; receipts come back in the order of the events. An event that
    /// cannot be sent does not hold up the others; only after ten refusals in a row with the same
    /// words the rest of a request is given back, because an account that is suspended refuses each.
    /// Dropping the future while it runs leaves open which events the server has.
    ///
    /// The events are read and serialized as they are sent, a request's worth at a time, so that
    /// what is held of them is what [`concurrency`](ClientBuilder::concurrency) requests hold and
    /// the receipts. An event without a time of its own occurred when this is called. What borrows
    /// its events can be spawned in a future that owns them; events of which the future is to hold
    /// no reference, or that cannot go to another thread, are put in a [`Batch`] before.
    ///
    /// ```no_run
    /// # use inngest_core::{Client, Event};
    /// # fn example<E: Event + Send + Sync + 'static>(client: Client, items: Vec<E>) {
    /// tokio::spawn(async move {
    ///     let receipts = client.send_many(&items).await;
    /// });
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The future's error says for each event what became of it.
    pub fn send_many<'a, B>(&self, events: B) -> Sending<'a, Result<Vec<Receipt>, BatchError>>
    where
        B: IntoEvents<'a>,
    {
        self.send_source(events.into_source())
    }

    fn send_source<'a>(&self, source: Source<'a>) -> Sending<'a, Result<Vec<Receipt>, BatchError>> {
        match source {
            Source::Written(batch) => self.send_gathered(batch, Vec::new()),
            Source::Read(events) => {
                let inner = Arc::clone(&self.inner);
                Sending::new(async move { inner.deliver_read(events).await })
            }
        }
    }

    /// Sends a batch. `refused` are the events that are not in it, with their places in the whole.
    pub(crate) fn send_gathered<'a>(
        &self,
        batch: Batch,
        refused: Vec<PayloadError>,
    ) -> Sending<'a, Result<Vec<Receipt>, BatchError>> {
        let inner = Arc::clone(&self.inner);
        Sending::new(async move { inner.deliver(batch, refused, inner.concurrency()).await })
    }

    /// Sends a batch, see [`send_many`](Self::send_many).
    ///
    /// # Errors
    ///
    /// The future's error says for each event what became of it.
    pub fn send_batch(&self, batch: Batch) -> Sending<'static, Result<Vec<Receipt>, BatchError>> {
        self.send_many(batch)
    }

    /// Sends the events of a stream as they come, in bounded memory: as many requests are gathered
    /// and under way as [`concurrency`](ClientBuilder::concurrency) says, however many events
    /// there are.
    ///
    /// While a request is under way, the events that come gather for the next; when none is, what
    /// has come goes out as soon as the stream has no more. So an event a second is sent a second,
    /// and a stream that is faster than the server fills its requests.
    ///
    /// Dropping the [`Streaming`] before its end leaves open what became of the events that were
    /// read and not reported: the server may have them, or they are lost.
    ///
    /// ```no_run
    /// # use inngest_core::{Client, Event};
    /// # async fn example<E: Event + Send + 'static>(
    /// #     client: Client,
    /// #     events: impl futures_util::Stream<Item = E> + Send + 'static,
    /// # ) {
    /// let mut progress = client.send_stream(events);
    /// while let Some(some) = progress.next().await {
    ///     match some.result {
    ///         Ok(receipts) => println!("{} sent from {}", receipts.len(), some.first),
    ///         Err(error) => eprintln!("{error}"),
    ///     }
    /// }
    /// # }
    /// ```
    pub fn send_stream<S>(&self, events: S) -> Streaming
    where
        S: futures_util::Stream<Item: IntoPayload> + Send + 'static,
    {
        Streaming::new(Arc::clone(&self.inner), events)
    }

    /// Sends the events of an iterator, which is read as they are sent: see
    /// [`send_stream`](Self::send_stream).
    pub fn send_iter<I>(&self, events: I) -> Streaming
    where
        I: IntoIterator<Item: IntoPayload, IntoIter: Send + 'static>,
    {
        self.send_stream(futures_util::stream::iter(events))
    }

    /// A sender in the background for services: events of many calls gather and go out together.
    pub fn buffered(&self) -> BufferedBuilder {
        BufferedBuilder::new(Arc::clone(&self.inner))
    }

    /// What sending a batch would do, without a request: how it would be split, which events are
    /// too large, which have the deduplication id of an earlier one.
    #[must_use]
    pub fn plan(&self, batch: &Batch) -> Plan {
        Plan::of(batch, self.inner.limits())
    }

    /// Where the events go, without the event key: `https://inn.gs/e/`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.inner.url()
    }

    /// Whether the client is in dev mode.
    #[must_use]
    pub fn is_dev(&self) -> bool {
        self.inner.is_dev()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("url", &self.url())
            .field("dev", &self.is_dev())
            .finish_non_exhaustive()
    }
}

/// Events on their way. Nothing is sent before it is awaited. It can be spawned when what it reads
/// its events from is its own; one event or a [`Batch`] is serialized before, and then it holds no
/// reference.
///
/// It is a type of its own so that an event that is none is one compile error, not two.
#[must_use = "nothing is sent before this is awaited"]
pub struct Sending<'a, T>(Pin<Box<dyn Future<Output = T> + Send + 'a>>);

impl<'a, T> Sending<'a, T> {
    fn new(future: impl Future<Output = T> + Send + 'a) -> Self {
        Self(Box::pin(future))
    }
}

impl<T> Future for Sending<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.0.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for Sending<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sending")
    }
}
