//! Sends a stream of events in bounded memory.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::stream::{FuturesOrdered, Stream, StreamExt};

use crate::client::pipeline::Pipeline;
use crate::client::source::{EventSource, Reader};
use crate::delivery::batch_error::BatchError;
use crate::delivery::receipt::Receipt;
use crate::event::into_payload::IntoPayload;

/// The outcome of consecutive events of a stream.
#[derive(Debug)]
#[non_exhaustive]
pub struct Progress {
    /// The index of the first event in the stream, counting from 0.
    pub first: usize,
    /// The number of events.
    pub events: usize,
    /// The receipts in order, or the error. Indices in the error count from `first`.
    pub result: Result<Vec<Receipt>, BatchError>,
}

/// A stream of [`Progress`]: one item per group of events, in order. It reads and sends nothing
/// before you poll it, and reads no more events than its requests need.
///
/// If you drop the stream before it ends, the server may or may not have the events that the stream has
/// read but not reported. A warning in the log gives their number.
#[must_use = "nothing is sent before this is polled"]
pub struct Streaming {
    pipeline: Arc<Pipeline>,
    reader: Reader<'static>,
    in_flight: FuturesOrdered<Pin<Box<dyn Future<Output = Progress> + Send>>>,
    /// The number of reported events.
    reported: usize,
}

impl Stream for Streaming {
    type Item = Progress;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Progress>> {
        let Self {
            pipeline,
            reader,
            in_flight,
            reported,
        } = &mut *self;
        let mut has_ended = false;
        while in_flight.len() < pipeline.concurrency {
            // Collect events while a request is in flight, so that faster streams fill their
            // requests.
            let urgent = in_flight.is_empty();
            match reader.poll_read(cx, urgent) {
                Poll::Ready(Some(group)) => {
                    let pipeline = Arc::clone(pipeline);
                    in_flight.push_back(Box::pin(async move {
                        Progress {
                            first: group.first,
                            events: group.len(),
                            result: pipeline.send_group(group, 1).await,
                        }
                    }));
                }
                Poll::Ready(None) => {
                    has_ended = true;
                    break;
                }
                Poll::Pending => break,
            }
        }
        match in_flight.poll_next_unpin(cx) {
            Poll::Ready(Some(progress)) => {
                *reported += progress.events;
                Poll::Ready(Some(progress))
            }
            Poll::Ready(None) if has_ended => Poll::Ready(None),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

impl Streaming {
    pub(crate) fn new<S>(pipeline: Arc<Pipeline>, events: S) -> Self
    where
        S: Stream<Item: IntoPayload> + Send + 'static,
    {
        Self {
            reader: Reader::new(EventSource::of_stream(events), pipeline.limits),
            in_flight: FuturesOrdered::new(),
            reported: 0,
            pipeline,
        }
    }

    /// Returns the outcome of the next events, or `None` at the end.
    pub async fn next(&mut self) -> Option<Progress> {
        StreamExt::next(self).await
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        let events = self.reader.events_read().saturating_sub(self.reported);
        if events > 0 {
            tracing::warn!(
                events,
                "a stream was dropped before it reported these events"
            );
        }
    }
}

impl fmt::Debug for Streaming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Streaming")
    }
}
