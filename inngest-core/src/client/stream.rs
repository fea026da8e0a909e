//! Any number of events in bounded memory.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::stream::{FuturesOrdered, Stream, StreamExt};

use crate::client::inner::Inner;
use crate::client::source::{EventSource, Gathered, Reader};
use crate::delivery::batch_error::BatchError;
use crate::delivery::receipt::Receipt;
use crate::event::into_payload::IntoPayload;

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

/// The progress of a stream of events: an item for those that go out together, in order. Nothing is
/// read or sent before it is polled, and it reads no further than its requests under way need.
///
/// When it is dropped before its end, the events that it has read and said nothing of are gone: the
/// server may have them or not. A warning in the log says how many they are.
#[must_use = "nothing is sent before this is polled"]
pub struct Streaming {
    inner: Arc<Inner>,
    reading: Reader<'static>,
    under_way: FuturesOrdered<Pin<Box<dyn Future<Output = Progress> + Send>>>,
    /// How many events the progress of was handed out.
    told: usize,
}

impl Stream for Streaming {
    type Item = Progress;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Progress>> {
        let Self {
            inner,
            reading,
            under_way,
            told,
        } = &mut *self;
        let mut has_ended = false;
        while under_way.len() < inner.concurrency {
            // While a request is under way, those that come gather, so that the faster they come
            // the fuller the requests are.
            let urgent = under_way.is_empty();
            match reading.poll_read(cx, urgent) {
                Poll::Ready(Some(gathered)) => {
                    let inner = Arc::clone(inner);
                    under_way.push_back(Box::pin(async move { gathered.deliver(&inner).await }));
                }
                Poll::Ready(None) => {
                    has_ended = true;
                    break;
                }
                Poll::Pending => break,
            }
        }
        match under_way.poll_next_unpin(cx) {
            Poll::Ready(Some(progress)) => {
                *told += progress.events;
                Poll::Ready(Some(progress))
            }
            Poll::Ready(None) if has_ended => Poll::Ready(None),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

impl Streaming {
    pub(crate) fn new<S>(inner: Arc<Inner>, events: S) -> Self
    where
        S: Stream<Item: IntoPayload> + Send + 'static,
    {
        Self {
            reading: Reader::new(EventSource::of_stream(events), inner.limits),
            under_way: FuturesOrdered::new(),
            told: 0,
            inner,
        }
    }

    /// What became of the next events; `None` at the end.
    pub async fn next(&mut self) -> Option<Progress> {
        StreamExt::next(self).await
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        let events = self.reading.read().saturating_sub(self.told);
        if events > 0 {
            tracing::warn!(
                events,
                "a stream of events was dropped before it said what became of these"
            );
        }
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
        let result = inner.send_batch(self.batch, self.refused, 1).await;
        Progress {
            first,
            events,
            result,
        }
    }
}
