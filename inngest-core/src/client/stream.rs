//! Any number of events in bounded memory.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::stream::{Stream, StreamExt as _};

use super::error::BatchError;
use super::inner::Inner;
use super::receipt::Receipt;
use super::source::{Events, Gathered, Reading};
use crate::payload::IntoPayload;

/// What became of some events of a stream.
#[derive(Debug)]
#[non_exhaustive]
pub struct Progress {
    /// The place of the first of them in the stream, from 0.
    pub first: usize,
    /// How many they are.
    pub events: usize,
    /// Their receipts in order, or what became of each; the error's indices count from `first`.
    pub result: Result<Vec<Receipt>, BatchError>,
}

/// The progress of a stream of events: an item for each request's worth, in order. Nothing is read
/// or sent before it is polled, and it reads no further than its requests under way need.
#[must_use = "nothing is sent before this is polled"]
pub struct Streaming(Pin<Box<dyn Stream<Item = Progress> + Send>>);

impl Stream for Streaming {
    type Item = Progress;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Progress>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl Streaming {
    pub(super) fn new<S>(inner: Arc<Inner>, events: S) -> Self
    where
        S: Stream<Item: IntoPayload> + Send + 'static,
    {
        let concurrency = inner.concurrency();
        let reading = Reading::new(Events::of_stream(events), *inner.limits());
        let delivered = reading.map(move |gathered| {
            let inner = Arc::clone(&inner);
            async move { gathered.deliver(&inner).await }
        });
        Self(Box::pin(delivered.buffered(concurrency)))
    }

    /// What became of the next events; `None` at the end.
    pub async fn next(&mut self) -> Option<Progress> {
        self.0.next().await
    }
}

impl fmt::Debug for Streaming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Streaming")
    }
}

impl Gathered {
    async fn deliver(self, inner: &Inner) -> Progress {
        let (first, events) = (self.first, self.events());
        let result = inner.deliver(self.batch, self.refused, 1).await;
        Progress {
            first,
            events,
            result,
        }
    }
}
