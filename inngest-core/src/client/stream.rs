//! Any number of events in bounded memory.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::stream::{self, Stream, StreamExt as _};

use super::chunk::Limits;
use super::error::BatchError;
use super::inner::Inner;
use super::receipt::Receipt;
use crate::batch::Batch;
use crate::error::PayloadError;
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
        let gathered = gather(events, *inner.limits());
        let delivered = gathered.map(move |gathered| {
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

/// A request's worth of events.
#[derive(Default)]
struct Gathered {
    first: usize,
    batch: Batch,
    refused: Vec<PayloadError>,
}

impl Gathered {
    fn events(&self) -> usize {
        self.batch.len() + self.refused.len()
    }

    fn is_full(&self, limits: &Limits) -> bool {
        self.events() >= limits.request_events || self.batch.buffer.len() >= limits.request_bytes
    }

    async fn deliver(self, inner: &Inner) -> Progress {
        let (first, events) = (self.first, self.events());
        let result = inner.deliver(self.batch, self.refused).await;
        Progress {
            first,
            events,
            result,
        }
    }
}

fn gather<S>(events: S, limits: Limits) -> impl Stream<Item = Gathered> + Send
where
    S: Stream<Item: IntoPayload> + Send + 'static,
{
    // After its end it is asked again, which not every stream allows.
    let events = Box::pin(events.fuse());
    let start = (events, 0, Batch::new());
    stream::unfold(start, move |(mut events, first, batch)| async move {
        let mut gathered = Gathered {
            first,
            batch,
            ..Gathered::default()
        };
        while !gathered.is_full(&limits) {
            let Some(event) = events.next().await else {
                break;
            };
            let index = gathered.events();
            if let Err(error) = gathered.batch.push(event) {
                gathered.refused.push(error.at(index));
            }
        }
        // One event too many would be a request of its own.
        let is_over =
            gathered.batch.len() > 1 && gathered.batch.buffer.len() > limits.request_bytes;
        let mut rest = if is_over {
            gathered.batch.split_last()
        } else {
            Batch::new()
        };
        // The next request's worth is most often as large as this one.
        rest.buffer.reserve(gathered.batch.buffer.len());
        rest.entries.reserve(gathered.batch.entries.len());
        let next = first + gathered.events();
        (next > first).then_some((gathered, (events, next, rest)))
    })
}
