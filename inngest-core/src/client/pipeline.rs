//! Runs the stages of a send: prepare, split, deliver, report.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use crate::batch::Batch;
#[cfg(feature = "blocking")]
use crate::client::source::Source;
use crate::client::source::{EventGroup, EventSource, Reader};
use crate::client::telemetry::{self, Operation};
use crate::delivery::batch_error::BatchError;
use crate::delivery::dedup_id::DedupId;
use crate::delivery::error::SendError;
use crate::delivery::http::{RequestResult, RequestSender};
use crate::delivery::outcome::{Delivered, Outcome, Outcomes, Rejection, receipt, undelivered};
use crate::delivery::progress::RequestProgress;
use crate::delivery::receipt::Receipt;
use crate::delivery::request::EventRequest;
use crate::delivery::seed::Seed;
use crate::delivery::split::{self, Limits};
use crate::encode::buffer::{EncodedEvent, EventBuffer, EventMeta};
use crate::error::PayloadError;
use crate::middleware::chain::{Chain, Discarded, Mapping, Prepared};
use crate::middleware::outgoing::SentEvent;

/// The maximum capacity reserved in advance, because the number of events is only a hint.
const MAX_EXPECTED: usize = 1 << 20;

/// A batch that could not be sent, and why.
pub(crate) type Stopped = Box<(Batch, SendError)>;

/// A batch that is being sent.
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

/// Sends events. All clones of a client share it.
pub(crate) struct Pipeline {
    pub(crate) sender: RequestSender,
    pub(crate) limits: Limits,
    /// The maximum number of concurrent requests.
    pub(crate) concurrency: usize,
    pub(crate) middleware: Chain,
}

impl Pipeline {
    /// Sends the only event in a buffer.
    pub(crate) fn send_one(
        self: Arc<Self>,
        buffer: Vec<u8>,
        event: Result<EncodedEvent, PayloadError>,
    ) -> impl Future<Output = Result<Receipt, SendError>> + Send {
        let meta = match &event {
            Ok(event) => Ok(event.meta.clone()),
            Err(error) => Err(error.event_name().to_owned()),
        };
        // The future of an async function would store the arguments twice and be too large for fast
        // allocation, so this is a block.
        async move {
            if !self.middleware.is_empty() {
                let mut group = EventGroup::default();
                match event {
                    Ok(event) => group.batch = Batch::of_fresh(EventBuffer::of_one(buffer, event)),
                    Err(error) => group.refused.push(error),
                }
                // Boxed because most clients have no middleware.
                let result = Box::pin(self.send_group(group, 1)).await;
                let result = result.map(|receipts| receipts.into_iter().next());
                let receipt = result.map_err(|error| error.first_error().cloned());
                return match receipt {
                    Ok(Some(receipt)) => Ok(receipt),
                    Err(Some(error)) => Err(error),
                    // Unreachable: a single event has a receipt or an error.
                    Ok(None) | Err(None) => Err(unfinished()),
                };
            }
            let name = meta.as_ref().map_or_else(String::as_str, EventMeta::name);
            let operation = Operation::of_name(&self.sender.endpoint, "producer", Some(name));
            // Outside the inner block, which would store the event twice more.
            let request = self.request_of_one(buffer, event);
            let sending = async {
                let request = match &request {
                    Ok(request) => request,
                    Err(error) => return Err(error.clone()),
                };
                match self.sender.send(request).await {
                    RequestResult::Accepted(ids) => Ok(receipt(request, ids)),
                    RequestResult::Failed { error, request, .. } => {
                        Err(Arc::unwrap_or_clone(request.uncertainty().explain(error)))
                    }
                }
            };
            let result = sending.instrument(operation.span().clone()).await;
            operation.end_one(name, &result);
            result
        }
    }

    /// The request of a single event.
    ///
    /// # Errors
    ///
    /// The event could not be encoded or is over the size limit, or the system has no random bytes.
    fn request_of_one(
        &self,
        buffer: Vec<u8>,
        event: Result<EncodedEvent, PayloadError>,
    ) -> Result<EventRequest, SendError> {
        let event = event?;
        match split::too_large(&event, &self.limits) {
            Some(error) => Err(error.into()),
            None => Ok(EventRequest::of_one(buffer, event, Seed::new()?)),
        }
    }

    /// Sends a group of events, with up to `at_once` concurrent requests.
    pub(crate) async fn send_group(
        &self,
        group: EventGroup,
        at_once: usize,
    ) -> Result<Vec<Receipt>, BatchError> {
        let names = group.batch.metas().map(EventMeta::name);
        let operation = Operation::of_names(&self.sender.endpoint, names, group.len());
        let sending = self.run(group, at_once);
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
        let operation = Operation::of_name(&self.sender.endpoint, "client", events.0.name());
        let sending = async {
            let mut all = SendReport::default();
            all.outcomes.reserve(events.0.at_least().min(MAX_EXPECTED));
            let groups = Reader::new(events, self.limits);
            let reports =
                groups.map(|group| async move { (group.first, self.run(group, 1).await) });
            let mut reports = pin!(reports.buffer_unordered(self.concurrency));
            // Reports that arrived before the reports of earlier events.
            let mut early = BTreeMap::new();
            while let Some((first, report)) = reports.next().await {
                early.insert(first, report);
                while let Some(next) = early.remove(&all.outcomes.len()) {
                    all.append(next);
                }
            }
            // Normally empty, because each group begins where the previous one ends. Any remaining
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
    async fn run(&self, group: EventGroup, at_once: usize) -> SendReport {
        let EventGroup { batch, refused, .. } = group;
        let (batch, mapping) = match self.prepare(batch) {
            Ok(prepared) => prepared,
            Err(stopped) => return self.stop(*stopped, None, refused),
        };
        let mut in_flight = match self.split(batch) {
            Ok(in_flight) => in_flight,
            Err(stopped) => return self.stop(*stopped, mapping, refused),
        };
        self.deliver(&in_flight.requests, at_once, None).await;
        let Delivered { outcomes, unsent } = in_flight.end(&Arc::new(unfinished()));
        let unsent = Batch::of_requests(unsent);
        self.conclude(in_flight.watched, outcomes, unsent, mapping, refused)
    }

    /// Reports the outcomes of the events after middleware, and converts them into outcomes of the
    /// original events.
    fn conclude(
        &self,
        mut watched: Vec<WatchedEvent>,
        mut outcomes: Outcomes,
        unsent: Batch,
        mapping: Option<Mapping>,
        refused: Vec<PayloadError>,
    ) -> SendReport {
        if self.is_watched() {
            let discarded = mapping.as_ref().map_or(&[][..], |mapping| {
                for (event, origin) in watched.iter_mut().zip(&mapping.origins) {
                    event.added = origin.is_none();
                }
                &mapping.discarded
            });
            let dropped = dropped(&refused, discarded);
            self.report(&watched, outcomes.each(), &dropped);
        }
        if let Some(mapping) = mapping {
            outcomes = Outcomes::Each(mapping.restore(outcomes.into_each()));
        }
        SendReport {
            outcomes: outcomes.merge(refused),
            unsent,
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
        let Batch { fresh, requests } = batch;
        match split::into_requests(fresh, first, &self.limits) {
            Ok(split) => {
                let all = requests.into_iter().chain(split.requests);
                Ok(InFlight {
                    requests: all.map(RequestProgress::new).collect(),
                    too_large: split.too_large,
                    watched,
                })
            }
            Err((fresh, error)) => Err(Box::new((Batch { fresh, requests }, error.into()))),
        }
    }

    /// Deliver: sends requests until the outcome of each event is known. Each request needs one of
    /// the `permits`, which several sends can share.
    pub(crate) async fn deliver(
        &self,
        requests: &[RequestProgress],
        at_once: usize,
        permits: Option<&Semaphore>,
    ) {
        stream::iter(requests)
            .for_each_concurrent(at_once, async |request| {
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
        dropped: &[(&str, Outcome)],
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
    fn stop(
        &self,
        (batch, error): (Batch, SendError),
        mapping: Option<Mapping>,
        refused: Vec<PayloadError>,
    ) -> SendReport {
        let outcomes = Outcomes::Each(not_sent(error, &batch));
        self.conclude(self.watched(&batch), outcomes, batch, mapping, refused)
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
) -> Vec<(&'a str, Outcome)> {
    let discarded = discarded.iter().map(|event| {
        let outcome = Outcome::Rejected(event.rejection.clone());
        (&*event.rejection.event_name, outcome)
    });
    let refused = refused.iter().map(|error| {
        let outcome = Outcome::Rejected(Rejection::of_payload(error.clone()));
        (error.event_name(), outcome)
    });
    discarded.chain(refused).collect()
}

/// The outcomes of a batch that was not sent this time. An earlier request may have delivered some of its
/// events.
pub(crate) fn not_sent(error: SendError, batch: &Batch) -> Vec<Outcome> {
    let error = Arc::new(error);
    let requests = batch.requests.iter();
    let resent = requests.flat_map(|request| undelivered(request, &error));
    let fresh = batch.fresh.events.iter().map(|event| {
        let dedup_id = event.dedup_id(&batch.fresh.bytes);
        Outcome::Rejected(Rejection {
            event_name: event.meta.shared_name(),
            dedup_id: dedup_id.and_then(|id| DedupId::new(&id)),
            error: Arc::clone(&error),
        })
    });
    resent.chain(fresh).collect()
}

/// The error of a call that sent nothing.
#[cfg(feature = "blocking")]
pub(crate) fn nothing_sent(error: SendError, source: Source<'_>) -> BatchError {
    let EventGroup { batch, refused, .. } = source.into_group();
    let outcomes = Outcomes::Each(not_sent(error, &batch));
    BatchError::new(outcomes.merge(refused).into_each(), batch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::cut::not_cut;
    use crate::client::send::Client;
    use crate::event::raw::RawEvent;
    use crate::middleware::outgoing::{Middleware, Outgoing};

    struct DiscardsTheFirstAndAddsOne;

    impl Middleware for DiscardsTheFirstAndAddsOne {
        fn before_send(
            &self,
            events: &mut Outgoing,
        ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            if let Some(first) = events.into_iter().next() {
                first.discard("not needed");
            }
            Ok(events.push(event("shop/added"))?)
        }
    }

    fn event(name: &str) -> RawEvent {
        RawEvent::new(name, serde_json::json!({}))
    }

    /// A batch of two events after middleware.
    fn prepared(pipeline: &Pipeline) -> (Batch, Option<Mapping>) {
        let mut batch = Batch::new();
        batch.push(event("shop/a")).unwrap();
        batch.push(event("shop/b")).unwrap();
        pipeline.prepare(batch).ok().unwrap()
    }

    /// The system may have no random bytes for the ids of a request after middleware has run.
    #[test]
    fn events_that_are_not_split_have_outcomes_in_the_callers_order() {
        let builder = Client::builder().dev(true);
        let client = builder.middleware(DiscardsTheFirstAndAddsOne).build();
        let client = client.unwrap();
        let pipeline = client.pipeline();
        let error = || SendError::Internal("no random bytes");

        let (batch, mapping) = prepared(pipeline);
        let sent = pipeline.stop((batch, error()), mapping, Vec::new());
        let (batch, mapping) = prepared(pipeline);
        let cut = not_cut((batch, error()), mapping);
        for error in [sent.into_result().unwrap_err(), cut] {
            let names = error.outcomes().iter().map(|outcome| match outcome {
                Outcome::Rejected(rejection) => (&*rejection.event_name, &*rejection.error),
                other => panic!("{other:?}"),
            });
            let names: Vec<_> = names.collect();
            assert!(
                matches!(
                    names[..],
                    [
                        ("shop/a", SendError::Discarded { .. }),
                        ("shop/b", SendError::Internal(_))
                    ]
                ),
                "{names:?}"
            );
            let unsent = error.into_unsent();
            let unsent: Vec<_> = unsent.metas().map(EventMeta::name).collect();
            assert_eq!(unsent, ["shop/b", "shop/added"]);
        }
    }
}
