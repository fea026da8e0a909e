//! Runs the stages of a send: prepare, split, deliver, report.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use crate::batch::Batch;
use crate::client::inner::Inner;
#[cfg(feature = "blocking")]
use crate::client::source::Source;
use crate::client::source::{EventSource, Gathered, Reader};
use crate::client::telemetry::{self, Operation};
use crate::delivery::batch_error::BatchError;
use crate::delivery::error::SendError;
use crate::delivery::http::RequestResult;
use crate::delivery::outcome::{Delivered, Outcome, Outcomes, receipt, rejected, undelivered};
use crate::delivery::progress::RequestProgress;
use crate::delivery::receipt::Receipt;
use crate::delivery::request::EventRequest;
use crate::delivery::response::AcceptedIds;
use crate::delivery::seed::Seed;
use crate::delivery::split::{self, Requests};
use crate::encode::buffer::{EncodedEvent, EventBuffer, EventMeta};
use crate::error::PayloadError;
use crate::middleware::chain::{Discarded, Mapping, Prepared};
use crate::middleware::outgoing::SentEvent;

/// The maximum capacity reserved in advance, because the number of events is only a hint.
const MAX_EXPECTED: usize = 1 << 20;

/// A batch or a part of it that failed, and the error.
pub(crate) type Stopped = Box<(Batch, SendError)>;

/// A batch during a send.
#[derive(Default)]
pub(crate) struct InFlight {
    pub(crate) requests: Vec<RequestProgress>,
    /// Events over the size limit, in order.
    too_large: Vec<PayloadError>,
    /// The events to report; empty if neither middleware nor counters need outcomes.
    pub(crate) watched: Vec<WatchedEvent>,
}

/// An event whose outcome is reported to middleware and counters.
pub(crate) struct WatchedEvent {
    meta: EventMeta,
    /// Whether a middleware added it.
    pub(crate) added: bool,
}

/// The maximum number of concurrent requests.
#[derive(Clone, Copy)]
pub(crate) enum AtOnce<'a> {
    Count(usize),
    /// The number of permits, which other batches share.
    Permits(&'a Semaphore),
}

/// The result of a send.
#[derive(Default)]
struct SendReport {
    /// The outcome of each event, in order.
    outcomes: Outcomes,
    /// The requests and events that can be resent.
    unsent: Batch,
}

impl SendReport {
    /// Appends the report of later events.
    fn append(&mut self, next: Self) {
        self.outcomes.append(next.outcomes);
        self.unsent.append(next.unsent);
    }

    fn into_result(self) -> Result<Vec<Receipt>, BatchError> {
        let Self { outcomes, unsent } = self;
        let receipts = outcomes.into_receipts();
        receipts.map_err(|outcomes| BatchError::new(outcomes, unsent))
    }
}

impl Inner {
    /// Sends the only event in a buffer.
    pub(crate) async fn send_one(
        self: Arc<Self>,
        buffer: Vec<u8>,
        event: Result<EncodedEvent, PayloadError>,
    ) -> Result<Receipt, SendError> {
        if !self.middleware.is_empty() {
            let (batch, refused) = match event {
                Ok(event) => (
                    Batch::of_fresh(EventBuffer::of_one(buffer, event)),
                    Vec::new(),
                ),
                Err(error) => (Batch::new(), vec![error]),
            };
            // Boxed because most clients have no middleware.
            return match Box::pin(self.send_batch(batch, refused, 1)).await {
                Ok(receipts) => receipts.into_iter().next().ok_or(SendError::Internal(
                    "an event that was sent alone has no receipt",
                )),
                Err(error) => Err(error.into_first()),
            };
        }
        let meta = event.as_ref().ok().map(|event| event.meta.clone());
        let refused = event
            .as_ref()
            .err()
            .map(|error| error.event_name().to_owned());
        let name = meta.as_ref().map(EventMeta::name).or(refused.as_deref());
        let name = name.unwrap_or_default();
        let operation = Operation::of_one(&self.sender.endpoint, name);
        let sending = async {
            let event = event?;
            if let Some(error) = split::too_large(&event, &self.limits) {
                return Err(error.into());
            }
            let request = EventRequest::of_one(buffer, event, Seed::new()?);
            match self.sender.send(&request).await {
                RequestResult::Accepted(AcceptedIds::Given(ids)) => {
                    let id = ids.into_iter().next();
                    Ok(receipt(&request, id.unwrap_or_else(|| request.event_id(0))))
                }
                RequestResult::Accepted(AcceptedIds::OfSeed(_)) => {
                    Ok(receipt(&request, request.event_id(0)))
                }
                RequestResult::Failed { error, request, .. } => {
                    let uncertainty = request.uncertainty();
                    let error = if uncertainty.is_some() {
                        error.after(uncertainty.earlier().cloned())
                    } else {
                        error
                    };
                    Err(Arc::unwrap_or_clone(error))
                }
            }
        };
        let result = sending.instrument(operation.span().clone()).await;
        operation.end_one(name, &result);
        result
    }

    /// Sends a batch. `refused` contains the events that could not be added to it, with their
    /// indices among all events.
    pub(crate) async fn send_batch(
        &self,
        batch: Batch,
        refused: Vec<PayloadError>,
        at_once: usize,
    ) -> Result<Vec<Receipt>, BatchError> {
        let operation = Operation::of_batch(&self.sender.endpoint, &batch, refused.len());
        let sending = self.run(batch, refused, AtOnce::Count(at_once));
        let report = sending.instrument(operation.span().clone()).await;
        let result = report.into_result();
        operation.end(&result);
        result
    }

    /// Sends events while it reads them.
    pub(crate) async fn send_read(
        &self,
        events: EventSource<'_>,
    ) -> Result<Vec<Receipt>, BatchError> {
        let operation = Operation::of_read(&self.sender.endpoint, events.name());
        let sending = async {
            let mut all = SendReport::default();
            all.outcomes.reserve(events.at_least().min(MAX_EXPECTED));
            let parts = Reader::new(events, self.limits).map(|gathered| {
                let Gathered {
                    first,
                    batch,
                    refused,
                } = gathered;
                async move { (first, self.run(batch, refused, AtOnce::Count(1)).await) }
            });
            let mut reports = pin!(parts.buffer_unordered(self.concurrency));
            // Reports that arrived before the reports of earlier events.
            let mut early = BTreeMap::new();
            while let Some((first, report)) = reports.next().await {
                early.insert(first, report);
                while let Some(next) = early.remove(&all.outcomes.len()) {
                    all.append(next);
                }
            }
            // Normally empty, because each part begins where the previous one ends. Any remaining
            // events must still be reported.
            for next in early.into_values() {
                all.append(next);
            }
            all
        };
        let report = sending.instrument(operation.span().clone()).await;
        operation.count(report.outcomes.len());
        let result = report.into_result();
        operation.end(&result);
        result
    }

    /// Runs all four stages.
    async fn run(
        &self,
        batch: Batch,
        refused: Vec<PayloadError>,
        at_once: AtOnce<'_>,
    ) -> SendReport {
        let (batch, mapping) = match self.prepare(batch) {
            Ok(prepared) => prepared,
            Err(stopped) => return self.stop(*stopped, refused),
        };
        let mut in_flight = match self.split(batch) {
            Ok(in_flight) => in_flight,
            Err(stopped) => return self.stop(*stopped, refused),
        };
        self.deliver(&in_flight.requests, at_once).await;
        let Delivered {
            mut outcomes,
            unsent,
        } = in_flight.end(&Arc::new(unfinished()));
        if self.is_watched() {
            let discarded = mapping.as_ref().map_or(&[][..], |mapping| {
                for (event, origin) in in_flight.watched.iter_mut().zip(&mapping.origins) {
                    event.added = origin.is_none();
                }
                &mapping.discarded
            });
            let dropped = dropped(&refused, discarded);
            self.report(&in_flight.watched, outcomes.each(), &dropped);
        }
        if let Some(mapping) = mapping {
            outcomes = Outcomes::Each(mapping.restore(outcomes.into_each()));
        }
        SendReport {
            outcomes: outcomes.merge(refused),
            unsent: Batch::of_requests(unsent),
        }
    }

    /// Prepare: runs middleware on a batch.
    pub(crate) fn prepare(&self, batch: Batch) -> Result<(Batch, Option<Mapping>), Stopped> {
        if self.middleware.is_empty() {
            return Ok((batch, None));
        }
        let Prepared { batch, mapping } = self.middleware.prepare(batch)?;
        Ok((batch, Some(mapping)))
    }

    /// Split: groups the new events of a batch into requests. Earlier requests stay unchanged.
    pub(crate) fn split(&self, batch: Batch) -> Result<InFlight, Stopped> {
        let watched = self.watched(&batch);
        let first = batch.resent_len();
        let Batch {
            fresh,
            requests: mut all,
        } = batch;
        match split::cut(fresh, first, &self.limits) {
            Ok(Requests {
                requests,
                too_large,
            }) => {
                all.extend(requests);
                Ok(InFlight {
                    requests: all.into_iter().map(RequestProgress::new).collect(),
                    too_large,
                    watched,
                })
            }
            Err((fresh, error)) => {
                let requests = all;
                Err(Box::new((Batch { fresh, requests }, error.into())))
            }
        }
    }

    /// Deliver: sends requests until the outcome of each event is known.
    pub(crate) async fn deliver(&self, requests: &[RequestProgress], at_once: AtOnce<'_>) {
        let (count, permits) = match at_once {
            AtOnce::Count(count) => (Some(count), None),
            AtOnce::Permits(permits) => (None, Some(permits)),
        };
        stream::iter(requests)
            .for_each_concurrent(count, async |request| {
                let _permit = match permits {
                    Some(permits) => permits.acquire().await.ok(),
                    None => None,
                };
                request.deliver(&self.sender).await;
            })
            .await;
    }

    /// Report: gives middleware and counters the outcome of each event, including events that were
    /// dropped before they reached a request.
    pub(crate) fn report(
        &self,
        watched: &[WatchedEvent],
        outcomes: &[Outcome],
        dropped: &[(Cow<'_, str>, Outcome)],
    ) {
        if !self.is_watched() {
            return;
        }
        let sent = watched
            .iter()
            .zip(outcomes)
            .map(|(event, outcome)| SentEvent {
                name: event.meta.name(),
                added: event.added,
                outcome,
            });
        let dropped = dropped.iter().map(|(name, outcome)| SentEvent {
            name,
            added: false,
            outcome,
        });
        let events: Vec<_> = sent.chain(dropped).collect();
        if !events.is_empty() {
            telemetry::count(&events);
            self.middleware.report(&events);
        }
    }

    /// Reports that no event of the batch was sent.
    fn stop(&self, stopped: (Batch, SendError), refused: Vec<PayloadError>) -> SendReport {
        let (batch, error) = stopped;
        let outcomes = not_sent(error, &batch);
        self.report(&self.watched(&batch), &outcomes, &dropped(&refused, &[]));
        SendReport {
            outcomes: Outcomes::Each(outcomes).merge(refused),
            unsent: batch,
        }
    }

    /// The events to report, if middleware or counters need outcomes.
    pub(crate) fn watched(&self, batch: &Batch) -> Vec<WatchedEvent> {
        if !self.is_watched() {
            return Vec::new();
        }
        let metas = batch.metas().cloned();
        metas
            .map(|meta| WatchedEvent { meta, added: false })
            .collect()
    }

    fn is_watched(&self) -> bool {
        !self.middleware.is_empty() || telemetry::COUNTS
    }
}

impl InFlight {
    /// Stops the delivery. Events without a final outcome fail with this error.
    pub(crate) fn end(&mut self, error: &Arc<SendError>) -> Delivered {
        let mut all = Delivered::default();
        for delivered in self.requests.iter().map(|request| request.end(error)) {
            all.outcomes.append(delivered.outcomes);
            all.unsent.extend(delivered.unsent);
        }
        all.outcomes = all.outcomes.merge(std::mem::take(&mut self.too_large));
        all
    }
}

/// The error of an event without an outcome, which indicates a bug.
pub(crate) fn unfinished() -> SendError {
    SendError::Internal("a delivery ended before the outcome of each event was known")
}

/// The names and outcomes of events that did not reach a request.
pub(crate) fn dropped<'a>(
    refused: &'a [PayloadError],
    discarded: &'a [Discarded],
) -> Vec<(Cow<'a, str>, Outcome)> {
    let discarded = discarded.iter().map(|event| {
        let name = event.meta.name();
        (Cow::Borrowed(name), rejected(event.error.clone()))
    });
    let refused = refused.iter().map(|error| {
        let name = error.event_name();
        (Cow::Borrowed(name), rejected(error.clone().into()))
    });
    discarded.chain(refused).collect()
}

/// The outcomes of a batch that was not sent now. An earlier request may have delivered some of its
/// events.
pub(crate) fn not_sent(error: SendError, batch: &Batch) -> Vec<Outcome> {
    let error = Arc::new(error);
    let requests = batch.requests.iter();
    let mut outcomes: Vec<_> = requests
        .flat_map(|request| undelivered(request, &error))
        .collect();
    outcomes.resize(batch.len(), Outcome::Rejected(error));
    outcomes
}

/// The error of a call that sent nothing.
#[cfg(feature = "blocking")]
pub(crate) fn nothing_sent(error: SendError, source: Source<'_>) -> BatchError {
    let (batch, refused) = source.into_batch();
    let outcomes = Outcomes::Each(not_sent(error, &batch));
    BatchError::new(outcomes.merge(refused).into_each(), batch)
}
