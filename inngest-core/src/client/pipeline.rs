//! Events in, and what became of each of them out, in the order of the sender.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use tracing::Instrument as _;

use crate::batch::{Batch, Entry};
use crate::client::inner::Inner;
use crate::client::source::{Events, Gathered, Reading};
use crate::client::telemetry::{self, Operation};
use crate::delivery::error::{BatchError, Outcome, SendError};
use crate::delivery::http::{Doubt, Sent};
use crate::delivery::outcome::{Outcomes, at_place, rejected};
use crate::delivery::progress::{Delivered, Delivery};
use crate::delivery::receipt::Receipt;
use crate::delivery::request::{self, Chunk, Cut};
use crate::delivery::response::Ids;
use crate::error::PayloadError;
use crate::middleware::{Discarded, Prepared, SentEvent};

/// The names of events, for those who watch what becomes of them; whether middleware added them.
pub(crate) type Names = Vec<(&'static str, bool)>;

/// What middleware made of a batch, but for the events themselves.
struct Mapping {
    /// How many events the batch had before.
    events: usize,
    origins: Vec<Option<usize>>,
    discarded: Vec<Discarded>,
}

/// A batch after middleware has seen it, and what it did if there is any.
type Shown = (Batch, Option<Mapping>);

/// More events than this are not made room for ahead, because how many there are is only a guess.
const MOST_EXPECTED: usize = 1 << 20;

/// What is told the sender of events.
#[derive(Default)]
struct Told {
    /// For each event, in order.
    outcomes: Outcomes,
    /// What can be sent again.
    unsent: Batch,
}

impl Told {
    /// What is told of the events after these.
    fn append(&mut self, next: Self) {
        self.outcomes.append(next.outcomes);
        self.unsent.append(next.unsent);
    }

    fn into_result(self) -> Result<Vec<Receipt>, BatchError> {
        let Self { outcomes, unsent } = self;
        outcomes
            .into_receipts()
            .map_err(|outcomes| BatchError::new(outcomes, unsent))
    }
}

/// An event that a buffered sender takes in.
pub(crate) struct Taken {
    /// The event, unless it was discarded, and after it those that middleware added.
    pub(crate) batch: Batch,
    pub(crate) added: usize,
    pub(crate) discarded: Option<SendError>,
}

impl Inner {
    /// Sends the event that stands in a buffer.
    pub(crate) async fn deliver_one(
        self: Arc<Self>,
        buffer: Vec<u8>,
        entry: Result<Entry, PayloadError>,
    ) -> Result<Receipt, SendError> {
        if !self.middleware.is_empty() {
            let (batch, refused) = match entry {
                Ok(entry) => (Batch::of_one(buffer, entry), Vec::new()),
                Err(error) => (Batch::new(), vec![error]),
            };
            // In a place of its own, because most clients have no need of it.
            return match Box::pin(self.deliver(batch, refused, 1)).await {
                Ok(receipts) => receipts.into_iter().next().ok_or(SendError::SenderClosed),
                Err(error) => Err(error.into_first()),
            };
        }
        let name = entry_name(&entry);
        let operation = Operation::of_one(&self.endpoint, name);
        let sending = async {
            let entry = entry?;
            if let Some(error) = request::too_large(&entry, &self.bounds.limits) {
                return Err(error.into());
            }
            let chunk = Chunk::single(buffer, entry)?;
            match self.request(&chunk).await {
                Sent::Failed { error, doubt, .. } => Err(match (error, doubt) {
                    (error, Doubt::None) => error,
                    (error, Doubt::Left(earlier)) => {
                        Arc::unwrap_or_clone(Arc::new(error).after(earlier))
                    }
                }),
                Sent::Taken(ids) => {
                    let event_id = match ids {
                        Ids::OfSeed => None,
                        Ids::Given(ids) => ids.into_iter().next(),
                    };
                    let event_id = event_id.unwrap_or_else(|| chunk.event_id(0));
                    Ok(chunk.receipt(event_id))
                }
            }
        };
        let result = sending.instrument(operation.span().clone()).await;
        operation.end_one(name, &result);
        result
    }

    /// Sends a batch, of which `at_once` requests are under way at once. `refused` are the events
    /// that are not in it, with their places in the whole.
    pub(crate) async fn deliver(
        &self,
        batch: Batch,
        refused: Vec<PayloadError>,
        at_once: usize,
    ) -> Result<Vec<Receipt>, BatchError> {
        let operation = Operation::of_batch(&self.endpoint, &batch, refused.len());
        let sending = self.deliver_whole(batch, refused, at_once);
        let sent = sending.instrument(operation.span().clone()).await;
        let result = sent.into_result();
        operation.end(&result);
        result
    }

    /// Sends events as they are read.
    pub(crate) async fn deliver_read(
        &self,
        events: Events<'_>,
    ) -> Result<Vec<Receipt>, BatchError> {
        let operation = Operation::of_read(&self.endpoint, events.name());
        let sending = async {
            let mut all = Told::default();
            all.outcomes.reserve(events.at_least().min(MOST_EXPECTED));
            let requests = Reading::new(events, *self.limits()).map(|gathered| {
                let Gathered {
                    first,
                    batch,
                    refused,
                } = gathered;
                async move { (first, self.deliver_whole(batch, refused, 1).await) }
            });
            let mut told = pin!(requests.buffer_unordered(self.concurrency()));
            // Those that others before them are still waited for.
            let mut early = BTreeMap::new();
            while let Some((first, next)) = told.next().await {
                early.insert(first, next);
                while let Some(next) = early.remove(&all.outcomes.len()) {
                    all.append(next);
                }
            }
            // Each begins where the one before it ends, so none is left; if one were, it is told.
            for next in early.into_values() {
                all.append(next);
            }
            all
        };
        let told = sending.instrument(operation.span().clone()).await;
        operation.count(told.outcomes.len());
        let result = told.into_result();
        operation.end(&result);
        result
    }

    async fn deliver_whole(
        &self,
        batch: Batch,
        refused: Vec<PayloadError>,
        at_once: usize,
    ) -> Told {
        let (batch, mapping) = match self.prepare(batch) {
            Ok(prepared) => prepared,
            Err(failed) => {
                let (batch, error) = *failed;
                return self.nothing_sent(error, refused, batch);
            }
        };
        let mut names = self.names(&batch);
        let Cut { chunks, too_large } = match request::cut(batch, self.limits()) {
            Ok(cut) => cut,
            Err((batch, error)) => {
                return self.nothing_sent(error.into(), refused, batch);
            }
        };
        let chunks = chunks.into_iter().map(Delivery::new).collect();
        let Delivered {
            mut outcomes,
            unsent,
        } = self.deliver_all(chunks, too_large, at_once).await;
        if self.is_watched() {
            let discarded = mapping.as_ref().map_or(&[][..], |mapping| {
                for (name, origin) in names.iter_mut().zip(&mapping.origins) {
                    name.1 = origin.is_none();
                }
                &mapping.discarded
            });
            self.report(&names, outcomes.each(), &not_sent(&refused, discarded));
        }
        if let Some(mapping) = mapping {
            outcomes = Outcomes::Each(mapping.back(outcomes.into_each()));
        }
        let unsent = Batch {
            pinned: unsent,
            ..Batch::default()
        };
        Told {
            outcomes: outcomes.merge(refused),
            unsent,
        }
    }

    /// Shows an event that a buffered sender takes in to middleware.
    pub(crate) fn take_one(&self, event: Result<Batch, PayloadError>) -> Result<Taken, SendError> {
        let event = match event {
            Ok(batch) => self.prepare(batch).map_err(|failed| {
                let (batch, error) = *failed;
                let rejected = rejected(error.clone());
                self.report(&self.names(&batch), &[rejected], &[]);
                error
            }),
            Err(error) => {
                let name = error.event_name();
                let error = SendError::from(error);
                self.report(&Names::new(), &[], &[(name, rejected(error.clone()))]);
                Err(error)
            }
        };
        let (batch, mapping) = event?;
        let Some(mapping) = mapping else {
            return Ok(Taken {
                batch,
                added: 0,
                discarded: None,
            });
        };
        self.report(&Names::new(), &[], &not_sent(&[], &mapping.discarded));
        Ok(Taken {
            batch,
            added: mapping.origins.iter().filter(|o| o.is_none()).count(),
            discarded: mapping.discarded.into_iter().next().map(|d| d.error),
        })
    }

    /// Shows a batch to middleware.
    fn prepare(&self, batch: Batch) -> Result<Shown, Box<(Batch, SendError)>> {
        if self.middleware.is_empty() {
            return Ok((batch, None));
        }
        let events = batch.len();
        let Prepared {
            batch,
            origins,
            discarded,
        } = self.middleware.prepare(batch)?;
        let mapping = Mapping {
            events,
            origins,
            discarded,
        };
        Ok((batch, Some(mapping)))
    }

    /// Sends the events of chunks. `not_sent` are those that are in none, in order, with their
    /// places among all.
    async fn deliver_all(
        &self,
        chunks: Vec<Delivery>,
        not_sent: Vec<PayloadError>,
        at_once: usize,
    ) -> Delivered {
        stream::iter(&chunks)
            .for_each_concurrent(at_once, |delivery| self.deliver_chunk(delivery))
            .await;
        let mut all = Delivered::default();
        // Nothing is left that could fail.
        let error = Arc::new(SendError::SenderClosed);
        for delivered in chunks.iter().map(|delivery| delivery.end(&error)) {
            all.outcomes.append(delivered.outcomes);
            all.unsent.extend(delivered.unsent);
        }
        all.outcomes = all.outcomes.merge(not_sent);
        all
    }

    /// None of the events left the process; those of `batch` can be sent again.
    fn nothing_sent(&self, error: SendError, refused: Vec<PayloadError>, batch: Batch) -> Told {
        let outcomes = not_delivered(error, &batch);
        self.report(&self.names(&batch), &outcomes, &not_sent(&refused, &[]));
        Told {
            outcomes: Outcomes::Each(outcomes).merge(refused),
            unsent: batch,
        }
    }

    /// The names of the events of a batch; empty when nobody asks for them.
    pub(crate) fn names(&self, batch: &Batch) -> Names {
        if !self.is_watched() {
            return Names::new();
        }
        batch.names().map(|name| (name, false)).collect()
    }

    /// Tells middleware and counters what became of events, and of those that were refused or
    /// discarded before.
    pub(crate) fn report(&self, names: &Names, outcomes: &[Outcome], not_sent: &NotSent) {
        if !self.is_watched() {
            return;
        }
        let sent = names.iter().zip(outcomes);
        let sent = sent.map(|(&(name, added), outcome)| SentEvent {
            name,
            added,
            outcome,
        });
        let not_sent = not_sent.iter().map(|(name, outcome)| SentEvent {
            name,
            added: false,
            outcome,
        });
        let events: Vec<_> = sent.chain(not_sent).collect();
        if !events.is_empty() {
            telemetry::count(&events);
            self.middleware.report(&events);
        }
    }

    /// Whether anybody asks what became of each event.
    fn is_watched(&self) -> bool {
        !self.middleware.is_empty() || telemetry::COUNTS
    }
}

impl Mapping {
    /// What became of the events that the batch had before middleware saw it, in their order.
    fn back(self, outcomes: Vec<Outcome>) -> Vec<Outcome> {
        let mut placed: Vec<Option<Outcome>> = vec![None; self.events];
        for (origin, outcome) in self.origins.into_iter().zip(outcomes) {
            match origin.and_then(|place| Some((place, placed.get_mut(place)?))) {
                Some((place, slot)) => *slot = Some(at_place(outcome, place)),
                None => {
                    if let Some(error) = outcome.error() {
                        tracing::warn!(%error, "an event that middleware added was not delivered");
                    }
                }
            }
        }
        for discarded in self.discarded {
            if let Some(slot) = placed.get_mut(discarded.place) {
                *slot = Some(rejected(discarded.error));
            }
        }
        // Each place is filled: an event is in the batch that middleware made, or discarded.
        placed.into_iter().flatten().collect()
    }
}

/// Names of events that did not come as far as a request, and why.
type NotSent = [(&'static str, Outcome)];

fn not_sent(refused: &[PayloadError], discarded: &[Discarded]) -> Vec<(&'static str, Outcome)> {
    let discarded = discarded
        .iter()
        .map(|event| (event.name, rejected(event.error.clone())));
    let refused = refused
        .iter()
        .map(|error| (error.event_name(), rejected(error.clone().into())));
    discarded.chain(refused).collect()
}

/// None of the events left the process; those of `batch` can be sent again.
#[cfg(feature = "blocking")]
pub(crate) fn nothing_sent(
    error: SendError,
    refused: Vec<PayloadError>,
    batch: Batch,
) -> BatchError {
    let outcomes = Outcomes::Each(not_delivered(error, &batch));
    BatchError::new(outcomes.merge(refused).into_each(), batch)
}

/// What is known of the events of a batch when none of them was sent. An earlier request may have
/// brought some of them to the server.
pub(crate) fn not_delivered(error: SendError, batch: &Batch) -> Vec<Outcome> {
    let error = Arc::new(error);
    let pinned = batch.pinned.iter();
    let mut outcomes: Vec<_> = pinned
        .flat_map(|chunk| chunk.not_delivered(&error))
        .collect();
    outcomes.resize(batch.len(), Outcome::Rejected(error));
    outcomes
}

fn entry_name(entry: &Result<Entry, PayloadError>) -> &'static str {
    match entry {
        Ok(entry) => entry.name(),
        Err(error) => error.event_name(),
    }
}
