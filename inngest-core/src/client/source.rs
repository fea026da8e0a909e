//! Reads events while they are sent, enough for one request at a time.

use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use futures_util::stream::{self, Stream, StreamExt as _};

use crate::batch::Batch;
use crate::delivery::split::Limits;
use crate::error::PayloadError;
use crate::event::into_payload::IntoPayload;
use crate::event::timestamp::now;

/// The argument of [`Client::send_many`](crate::Client::send_many): a [`Batch`], or anything that
/// iterates over events, references to events, or payloads, and is `Send`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent: it is neither a batch nor an iterator over events",
    label = "not a collection of events",
    note = "give a `Batch` by value, or anything that iterates over types with `#[derive(Event)]`",
    note = "to send events of several types, `push` each to a `Batch`",
    note = "to send one event, use `send`"
)]
pub trait IntoEvents<'a> {
    /// Converts the value into a source of events.
    #[doc(hidden)]
    fn into_source(self) -> Source<'a>;

    /// Collects all events into a batch.
    ///
    /// # Errors
    ///
    /// The first event that the server would refuse or change.
    fn into_batch(self) -> Result<Batch, PayloadError>
    where
        Self: Sized,
    {
        let EventGroup { batch, refused, .. } = self.into_source().into_group();
        refused.into_iter().next().map_or(Ok(batch), Err)
    }
}

impl<'a> IntoEvents<'a> for Batch {
    fn into_source(self) -> Source<'a> {
        Source::Batch(self)
    }
}

impl<'a, I> IntoEvents<'a> for I
where
    I: IntoIterator,
    I::Item: IntoPayload,
    I::IntoIter: Send + 'a,
{
    fn into_source(self) -> Source<'a> {
        Source::Events(EventSource(Box::new(StreamSource {
            events: stream::iter(self),
            now: Some(now()),
        })))
    }
}

/// The events of one call.
pub enum Source<'a> {
    /// Serialized events.
    Batch(Batch),
    /// Events to read. An event without a time gets the time of the call.
    Events(EventSource<'a>),
}

impl Source<'_> {
    /// Reads all events.
    pub(crate) fn into_group(self) -> EventGroup {
        let mut group = EventGroup::default();
        match self {
            Self::Batch(batch) => group.batch = batch,
            Self::Events(EventSource(mut events)) => {
                let mut cx = Context::from_waker(Waker::noop());
                let limits = Limits {
                    request_bytes: usize::MAX,
                    request_events: usize::MAX,
                    event_bytes: usize::MAX,
                };
                // An iterator never returns `Poll::Pending`.
                let _ = events.poll_fill(&mut cx, &mut group, &limits);
            }
        }
        group
    }
}

/// Events that the client reads while it sends them.
pub struct EventSource<'a>(pub(crate) Box<dyn FillGroup + Send + 'a>);

impl<'a> EventSource<'a> {
    /// Reads the events of a stream. An event without a time gets the time at which it is read.
    pub(crate) fn of_stream<S>(events: S) -> Self
    where
        S: Stream<Item: IntoPayload> + Send + 'a,
    {
        Self(Box::new(StreamSource {
            events: Box::pin(events),
            now: None,
        }))
    }
}

/// The code that is compiled once per event type. Keep it small, because programs have many event
/// types.
pub(crate) trait FillGroup {
    /// Adds events until they fill a request. Returns whether more may follow. If it returns
    /// `Poll::Pending`, the group keeps the events that it has.
    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        group: &mut EventGroup,
        limits: &Limits,
    ) -> Poll<bool>;

    /// The event name, if all events share it.
    fn name(&self) -> Option<&'static str>;

    /// The lower bound of the size hint.
    fn at_least(&self) -> usize;
}

struct StreamSource<S> {
    events: S,
    /// The time for events without one; `None` means the time at which they are read.
    now: Option<i64>,
}

impl<S: Stream<Item: IntoPayload> + Unpin> FillGroup for StreamSource<S> {
    fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        group: &mut EventGroup,
        limits: &Limits,
    ) -> Poll<bool> {
        let now = self.now.unwrap_or_else(now);
        while !group.is_full(limits) {
            let Some(event) = ready!(self.events.poll_next_unpin(cx)) else {
                return Poll::Ready(false);
            };
            let index = group.len();
            if let Err(error) = group.batch.push_at(event, || now) {
                group.refused.push(error.at(index));
            }
        }
        Poll::Ready(true)
    }

    fn name(&self) -> Option<&'static str> {
        <S::Item as IntoPayload>::__TYPE.map(|event_type| event_type.name)
    }

    fn at_least(&self) -> usize {
        self.events.size_hint().0
    }
}

/// Events that are sent together.
#[derive(Default)]
pub(crate) struct EventGroup {
    /// The index of the first event among all events of the call.
    pub(crate) first: usize,
    pub(crate) batch: Batch,
    /// The errors of events that are not in the batch, with their indices in the group.
    pub(crate) refused: Vec<PayloadError>,
}

impl EventGroup {
    pub(crate) fn of_batch(batch: Batch) -> Self {
        Self {
            batch,
            ..Self::default()
        }
    }

    /// The number of events, including refused ones.
    pub(crate) fn len(&self) -> usize {
        self.batch.len() + self.refused.len()
    }

    fn is_full(&self, limits: &Limits) -> bool {
        self.len() >= limits.request_events || self.batch.fresh.bytes.len() >= limits.request_bytes
    }
}

/// Reads events, enough for one request at a time.
pub(crate) struct Reader<'a> {
    events: EventSource<'a>,
    limits: Limits,
    /// The events collected for the next request.
    next: EventGroup,
    /// Whether the source has ended. Some streams must not be polled again after that.
    has_ended: bool,
    /// Whether to yield before the next read, so that the bytes of this request are still in the
    /// CPU's cache when they are written.
    yields: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(events: EventSource<'a>, limits: Limits) -> Self {
        Self {
            events,
            limits,
            next: EventGroup::default(),
            has_ended: false,
            yields: false,
        }
    }

    /// The number of events read so far.
    pub(crate) fn events_read(&self) -> usize {
        self.next.first + self.next.len()
    }

    /// The events of the next request. If `urgent`, returns a partial request instead of waiting
    /// for more events.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        urgent: bool,
    ) -> Poll<Option<EventGroup>> {
        if std::mem::take(&mut self.yields) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let (limits, next) = (&self.limits, &mut self.next);
        if !self.has_ended {
            match self.events.0.poll_fill(cx, next, limits) {
                Poll::Ready(more) => self.has_ended = !more,
                Poll::Pending if urgent && next.len() > 0 => {}
                Poll::Pending => return Poll::Pending,
            }
        }
        if next.len() == 0 {
            return Poll::Ready(None);
        }
        let mut group = std::mem::take(next);
        // The last event may exceed the limit and need a second request. Keep it for the next one.
        if group.batch.len() > 1 && group.batch.fresh.bytes.len() > limits.request_bytes {
            next.batch = Batch::of_fresh(group.batch.fresh.split_last());
        }
        next.first = group.first + group.len();
        if !self.has_ended {
            self.yields = true;
            // Expect the next request to be about as large as this one.
            let (last, next) = (&group.batch.fresh, &mut next.batch.fresh);
            next.bytes.reserve(last.bytes.len());
            next.events.reserve(last.events.len());
        }
        Poll::Ready(Some(group))
    }
}

impl Stream for Reader<'_> {
    type Item = EventGroup;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<EventGroup>> {
        self.poll_read(cx, false)
    }
}
