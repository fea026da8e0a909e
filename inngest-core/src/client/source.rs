//! Reads events while they are sent, enough for one request at a time.

use std::pin::Pin;
#[cfg(feature = "blocking")]
use std::task::Waker;
use std::task::{Context, Poll, ready};

use futures_util::stream::{self, Stream, StreamExt as _};

use crate::batch::Batch;
use crate::delivery::split::Limits;
use crate::error::PayloadError;
use crate::event::Event as _;
use crate::event::into_payload::IntoPayload;
use crate::event::timestamp::now;

/// The argument of [`Client::send_many`](crate::Client::send_many): a [`Batch`], or anything that
/// iterates over events, references to events, or payloads, and is `Send`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent: it is neither a batch nor an iterator over events",
    label = "not a collection of events",
    note = "give a `Batch`, or anything that iterates over types with `#[derive(Event)]`"
)]
pub trait IntoEvents<'a> {
    /// Converts the value into a source of events.
    #[doc(hidden)]
    fn into_source(self) -> Source<'a>;
}

impl<'a> IntoEvents<'a> for Batch {
    fn into_source(self) -> Source<'a> {
        Source::Written(self)
    }
}

impl<'a, I> IntoEvents<'a> for I
where
    I: IntoIterator,
    I::Item: IntoPayload,
    I::IntoIter: Send + 'a,
{
    fn into_source(self) -> Source<'a> {
        Source::Read(EventSource(Box::new(Timed {
            events: stream::iter(self),
            now: Some(now()),
        })))
    }
}

/// The events of a call.
pub enum Source<'a> {
    /// Serialized events.
    Written(Batch),
    /// Events to read. An event without a time gets the time of the call.
    Read(EventSource<'a>),
}

#[cfg(feature = "blocking")]
impl Default for Source<'_> {
    fn default() -> Self {
        Self::Written(Batch::new())
    }
}

#[cfg(feature = "blocking")]
impl Source<'_> {
    /// Reads all events into a batch, and returns the refused events with their indices.
    pub(crate) fn into_batch(self) -> (Batch, Vec<PayloadError>) {
        match self {
            Self::Written(batch) => (batch, Vec::new()),
            Self::Read(EventSource(mut events)) => {
                let mut cx = Context::from_waker(Waker::noop());
                let limits = Limits {
                    request_bytes: usize::MAX,
                    request_events: usize::MAX,
                    event_bytes: usize::MAX,
                };
                let mut gathered = Gathered::default();
                // An iterator never returns `Poll::Pending`.
                let _ = events.poll_gather(&mut cx, &mut gathered, &limits);
                (gathered.batch, gathered.refused)
            }
        }
    }
}

/// Events to read.
pub struct EventSource<'a>(Box<dyn Gather + Send + 'a>);

impl<'a> EventSource<'a> {
    /// Reads the events of a stream. An event without a time gets the time at which it is read.
    pub(crate) fn of_stream<S>(events: S) -> Self
    where
        S: Stream<Item: IntoPayload> + Send + 'a,
    {
        Self(Box::new(Timed {
            events: Box::pin(events),
            now: None,
        }))
    }

    /// The event name, which all events share.
    pub(crate) fn name(&self) -> &'static str {
        self.0.name()
    }

    /// The lower bound of the size hint.
    pub(crate) fn at_least(&self) -> usize {
        self.0.at_least()
    }
}

/// The code that is compiled once per event type. It is small, because programs have many event
/// types.
trait Gather {
    /// Adds events until they fill a request. Returns whether more may follow. Keeps the events
    /// that it added before it returns `Poll::Pending`.
    fn poll_gather(
        &mut self,
        cx: &mut Context<'_>,
        gathered: &mut Gathered,
        limits: &Limits,
    ) -> Poll<bool>;

    fn name(&self) -> &'static str;

    fn at_least(&self) -> usize;
}

struct Timed<S> {
    events: S,
    /// The time of events without a time; `None` for the time at which they are read.
    now: Option<i64>,
}

impl<S: Stream<Item: IntoPayload> + Unpin> Gather for Timed<S> {
    fn poll_gather(
        &mut self,
        cx: &mut Context<'_>,
        gathered: &mut Gathered,
        limits: &Limits,
    ) -> Poll<bool> {
        let now = self.now.unwrap_or_else(now);
        while !gathered.is_full(limits) {
            let Some(event) = ready!(self.events.poll_next_unpin(cx)) else {
                return Poll::Ready(false);
            };
            let index = gathered.events();
            if let Err(error) = gathered.batch.push_at(event, || now) {
                gathered.refused.push(error.at(index));
            }
        }
        Poll::Ready(true)
    }

    fn name(&self) -> &'static str {
        <S::Item as IntoPayload>::Event::NAME
    }

    fn at_least(&self) -> usize {
        self.events.size_hint().0
    }
}

/// The events of one request.
#[derive(Default)]
pub(crate) struct Gathered {
    /// The index of the first event.
    pub(crate) first: usize,
    pub(crate) batch: Batch,
    pub(crate) refused: Vec<PayloadError>,
}

impl Gathered {
    pub(crate) fn events(&self) -> usize {
        self.batch.len() + self.refused.len()
    }

    fn is_full(&self, limits: &Limits) -> bool {
        self.events() >= limits.request_events
            || self.batch.fresh.bytes.len() >= limits.request_bytes
    }
}

/// Reads events, enough for one request at a time.
pub(crate) struct Reader<'a> {
    events: EventSource<'a>,
    limits: Limits,
    /// The events collected for the next request.
    next: Gathered,
    /// Whether the source has ended. Some streams must not be polled again after that.
    has_ended: bool,
    /// Whether to yield before the next read, so that the task that writes this request still finds
    /// its bytes in the cache.
    pauses: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(events: EventSource<'a>, limits: Limits) -> Self {
        Self {
            events,
            limits,
            next: Gathered::default(),
            has_ended: false,
            pauses: false,
        }
    }

    /// The number of events read so far.
    pub(crate) fn read(&self) -> usize {
        self.next.first + self.next.events()
    }

    /// The events of the next request. If `urgent`, returns a partial request instead of waiting
    /// for more events.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        urgent: bool,
    ) -> Poll<Option<Gathered>> {
        let Self {
            events,
            limits,
            next,
            has_ended,
            pauses,
        } = self;
        if std::mem::take(pauses) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if !*has_ended {
            match events.0.poll_gather(cx, next, limits) {
                Poll::Ready(more) => *has_ended = !more,
                Poll::Pending if urgent && next.events() > 0 => {}
                Poll::Pending => return Poll::Pending,
            }
        }
        if next.events() == 0 {
            return Poll::Ready(None);
        }
        let mut gathered = std::mem::take(next);
        // The last event may exceed the limit and need a second request. Keep it for the next one.
        if gathered.batch.len() > 1 && gathered.batch.fresh.bytes.len() > limits.request_bytes {
            next.batch = Batch::of_fresh(gathered.batch.fresh.split_last());
        }
        next.first = gathered.first + gathered.events();
        if !*has_ended {
            *pauses = true;
            // Expect the next request to be about as large as this one.
            next.batch
                .fresh
                .bytes
                .reserve(gathered.batch.fresh.bytes.len());
            next.batch
                .fresh
                .events
                .reserve(gathered.batch.fresh.events.len());
        }
        Poll::Ready(Some(gathered))
    }
}

impl Stream for Reader<'_> {
    type Item = Gathered;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Gathered>> {
        self.poll_read(cx, false)
    }
}
