//! The client and its send methods.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::batch::Batch;
use crate::client::buffered::BufferedBuilder;
use crate::client::cut::{self, Cut};
use crate::client::pipeline::Pipeline;
use crate::client::plan::Plan;
use crate::client::source::{EventGroup, IntoEvents, Source};
use crate::client::stream::Streaming;
use crate::delivery::batch_error::BatchError;
use crate::delivery::error::SendError;
use crate::delivery::receipt::Receipt;
use crate::event::into_payload::IntoPayload;
use crate::event::timestamp::now;

/// Sends events to Inngest.
///
/// A client keeps a connection pool. Create one client and clone it; clones share the pool. Use it
/// inside a tokio runtime.
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
    pipeline: Arc<Pipeline>,
}

impl Client {
    pub(crate) fn of(pipeline: Pipeline) -> Self {
        Self {
            pipeline: Arc::new(pipeline),
        }
    }

    /// Sends one event, a reference to an event, or a [`Payload`](crate::Payload).
    ///
    /// This method serializes the event immediately. The future does not borrow the event, so it
    /// can be spawned. It sends nothing until you await it. If you drop it while it runs, the
    /// server may or may not have the event.
    ///
    /// # Errors
    ///
    /// The future returns why the server did not accept the event, or may not have accepted it.
    pub fn send<P: IntoPayload>(&self, event: P) -> Sending<'static, Result<Receipt, SendError>> {
        // Most events fit, so the buffer does not reallocate.
        let mut bytes = Vec::with_capacity(1 << 10);
        let event = event.__encode(&mut bytes, now);
        Sending::new(Arc::clone(&self.pipeline).send_one(bytes, event))
    }

    /// Sends any number of events in as many requests as the event API requires. Pass a [`Batch`],
    /// or anything that iterates over events, references to events, or payloads.
    ///
    /// Requests run concurrently. Receipts are in the order of the events. An event that cannot be
    /// sent does not stop the other events. After ten refusals in a row with the same message, the
    /// client gives up on the rest of the request, because the server refuses every event of a
    /// suspended account. If you drop the future while it runs, the server may have any of the
    /// events.
    ///
    /// The client reads and serializes events while it sends them. It holds at most the events of
    /// [`concurrency`](crate::ClientBuilder::concurrency) requests, and the receipts. An event without a
    /// time gets the time of this call. If the iterator borrows events, spawn a future that owns
    /// them, as in the example. Use a [`Batch`] if the future must not borrow the events or if they
    /// are not `Send`.
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
    /// The future returns the outcome of each event.
    pub fn send_many<'a, B>(&self, events: B) -> Sending<'a, Result<Vec<Receipt>, BatchError>>
    where
        B: IntoEvents<'a>,
    {
        self.send_source(events.into_source())
    }

    pub(crate) fn send_source<'a>(
        &self,
        source: Source<'a>,
    ) -> Sending<'a, Result<Vec<Receipt>, BatchError>> {
        let pipeline = Arc::clone(&self.pipeline);
        match source {
            Source::Batch(batch) => {
                let group = EventGroup::of_batch(batch);
                Sending::new(async move { pipeline.send_group(group, pipeline.concurrency).await })
            }
            Source::Events(events) => Sending::new(async move { pipeline.send_read(events).await }),
        }
    }

    /// Sends a batch; see [`send_many`](Self::send_many).
    ///
    /// # Errors
    ///
    /// The future returns the outcome of each event.
    pub fn send_batch(&self, batch: Batch) -> Sending<'static, Result<Vec<Receipt>, BatchError>> {
        self.send_many(batch)
    }

    /// Sends the events of a stream as they arrive. Memory use is bounded: the client holds the
    /// events of at most [`concurrency`](crate::ClientBuilder::concurrency) requests.
    ///
    /// While a request is in flight, the client collects events for the next request. If none is in
    /// flight, it sends the collected events as soon as the stream is pending. So slow events are
    /// sent without delay, and a stream that is faster than the server fills its requests.
    ///
    /// If you drop the [`Streaming`] before it ends, the events that it has read but not reported
    /// may be accepted or lost.
    ///
    /// ```no_run
    /// # use inngest_core::{Client, Event};
    /// # async fn example<E: Event + Send + 'static>(
    /// #     client: Client,
    /// #     events: impl futures_util::Stream<Item = E> + Send + 'static,
    /// # ) {
    /// let mut progress = client.send_stream(events);
    /// while let Some(group) = progress.next().await {
    ///     match group.result {
    ///         Ok(receipts) => println!("{} sent from {}", receipts.len(), group.first),
    ///         Err(error) => eprintln!("{error}"),
    ///     }
    /// }
    /// # }
    /// ```
    pub fn send_stream<S>(&self, events: S) -> Streaming
    where
        S: futures_util::Stream<Item: IntoPayload> + Send + 'static,
    {
        Streaming::new(Arc::clone(&self.pipeline), events)
    }

    /// Sends the events of an iterator while reading it; see [`send_stream`](Self::send_stream).
    pub fn send_iter<I>(&self, events: I) -> Streaming
    where
        I: IntoIterator<Item: IntoPayload, IntoIter: Send + 'static>,
    {
        self.send_stream(futures_util::stream::iter(events))
    }

    /// Configures a background sender, which combines the events of many calls into one request.
    /// [Shut it down](crate::Buffered::shutdown) before the process ends.
    pub fn buffered(&self) -> BufferedBuilder {
        BufferedBuilder::new(Arc::clone(&self.pipeline))
    }

    /// Shows what a send of the batch would do, without sending it: the requests, the events that
    /// are too large, and the duplicate deduplication ids.
    #[must_use]
    pub fn plan(&self, batch: &Batch) -> Plan {
        Plan::of(batch, &self.pipeline.limits)
    }

    /// Cuts a batch into requests without sending them: runs middleware, and gives each request a
    /// seed, which fixes the event ids. Store the [requests](Batch::requests) before you send them, so
    /// that another process can send the same requests again after a crash.
    ///
    /// # Errors
    ///
    /// A middleware failed, or the operating system returned no random numbers. The error
    /// [returns the batch](BatchError::into_unsent).
    pub fn cut(&self, batch: Batch) -> Result<Cut, BatchError> {
        cut::cut(&self.pipeline, batch)
    }

    /// The URL of the event API without the event key: `https://inn.gs/e/`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.pipeline.sender.url()
    }

    /// Whether the client is in dev mode.
    #[must_use]
    pub fn is_dev(&self) -> bool {
        self.pipeline.sender.endpoint.is_dev
    }
}

#[cfg(test)]
impl Client {
    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
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

/// The future of a send. It sends nothing until you await it. For a single event or a [`Batch`], it
/// borrows nothing; otherwise it borrows what its iterator borrows.
///
/// This is a named type, so that an argument without `Event` causes only one compile error.
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

// Counters make the future larger.
#[cfg(all(test, not(feature = "metrics")))]
mod tests {
    use super::*;
    use crate::event::raw::RawEvent;

    /// glibc serves allocations of up to 1,032 bytes from a per-thread list. A larger one takes
    /// several hundred instructions.
    #[test]
    fn the_future_of_a_send_is_small() {
        let client = Client::builder().dev(true).build().unwrap();
        let mut bytes = Vec::new();
        let event = RawEvent::new("shop/order.placed", serde_json::json!({}));
        let event = event.__encode(&mut bytes, now);
        let future = Arc::clone(&client.pipeline).send_one(bytes, event);
        assert!(size_of_val(&future) <= 1_032, "{}", size_of_val(&future));
    }
}
