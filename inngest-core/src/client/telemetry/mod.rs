//! Spans, and counters behind the feature `metrics`.
//!
//! Names follow OpenTelemetry's [semantic conventions for
//! messaging](https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/) and for HTTP
//! clients. URLs do not contain the event key.

#[cfg(feature = "metrics")]
mod metrics;

use tracing::Span;
use tracing::field::{Empty, display};

use crate::batch::Batch;
use crate::delivery::batch_error::BatchError;
use crate::delivery::endpoint::Endpoint;
use crate::delivery::error::SendError;
use crate::delivery::outcome::Outcome;
use crate::delivery::receipt::Receipt;
use crate::delivery::trace::mark_failed;
use crate::middleware::outgoing::SentEvent;

/// Whether counters are enabled, which need all event names.
pub(crate) const COUNTS: bool = cfg!(feature = "metrics");

/// A call that sends events.
pub(crate) struct Operation {
    span: Span,
    #[cfg(feature = "metrics")]
    duration: metrics::Duration,
}

impl Operation {
    pub(crate) fn of_one(endpoint: &Endpoint, name: &str) -> Self {
        let operation = Self::new(endpoint);
        if !operation.span.is_disabled() {
            operation.set_destination(name);
            operation.span.record("otel.kind", "producer");
        }
        operation
    }

    pub(crate) fn of_batch(endpoint: &Endpoint, batch: &Batch, refused: usize) -> Self {
        let operation = Self::new(endpoint);
        operation.describe(batch.names(), batch.len() + refused);
        operation
    }

    /// Events of one name that are read while they are sent. Their number is recorded at the end.
    pub(crate) fn of_read(endpoint: &Endpoint, name: &str) -> Self {
        let operation = Self::new(endpoint);
        operation.span.record("otel.kind", "client");
        operation.set_destination(name);
        operation
    }

    /// Records the number of events.
    pub(crate) fn count(&self, events: usize) {
        self.span.record("messaging.batch.message_count", events);
    }

    pub(crate) fn of_names<'a>(
        endpoint: &Endpoint,
        names: impl ExactSizeIterator<Item = &'a str>,
    ) -> Self {
        let operation = Self::new(endpoint);
        let events = names.len();
        operation.describe(names, events);
        operation
    }

    fn describe<'a>(&self, mut names: impl Iterator<Item = &'a str>, events: usize) {
        let span = &self.span;
        if !span.is_disabled() {
            span.record("otel.kind", "client");
            self.count(events);
            if let Some(first) = names.next()
                && names.all(|name| name == first)
            {
                self.set_destination(first);
            } else {
                span.record("otel.name", "send");
            }
        }
    }

    fn new(endpoint: &Endpoint) -> Self {
        Self {
            span: tracing::info_span!(
                "send",
                otel.name = Empty,
                otel.kind = Empty,
                otel.status_code = Empty,
                otel.status_description = Empty,
                messaging.system = "inngest",
                messaging.operation.name = "send",
                messaging.operation.type = "send",
                messaging.destination.name = Empty,
                messaging.batch.message_count = Empty,
                messaging.message.id = Empty,
                server.address = endpoint.uri().host(),
                server.port = endpoint.uri().port_u16(),
                error.type = Empty,
            ),
            #[cfg(feature = "metrics")]
            duration: metrics::Duration::start(endpoint),
        }
    }

    fn set_destination(&self, name: &str) {
        self.span.record("otel.name", format_args!("send {name}"));
        self.span.record("messaging.destination.name", name);
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    pub(crate) fn end_one(self, name: &str, result: &Result<Receipt, SendError>) {
        match result {
            Ok(receipt) => {
                let id = display(&receipt.event_id);
                self.span.record("messaging.message.id", id);
            }
            Err(error) => mark_failed(&self.span, error, error),
        }
        #[cfg(feature = "metrics")]
        {
            let error = result.as_ref().err();
            metrics::count_one(name, error, 1);
            self.duration.end(error);
        }
        #[cfg(not(feature = "metrics"))]
        let _ = name;
    }

    pub(crate) fn end_with(self, error: Option<&SendError>) {
        if let Some(error) = error {
            mark_failed(&self.span, error, error);
        }
        #[cfg(feature = "metrics")]
        self.duration.end(error);
    }

    pub(crate) fn end(self, result: &Result<Vec<Receipt>, BatchError>) {
        let error = result.as_ref().err();
        let first = error.and_then(|error| error.outcomes().iter().find_map(Outcome::error));
        if let (Some(error), Some(first)) = (error, first) {
            mark_failed(&self.span, first, error);
        }
        #[cfg(feature = "metrics")]
        self.duration.end(first);
    }
}

/// Counts the outcomes of events.
pub(crate) fn count(events: &[SentEvent<'_>]) {
    #[cfg(feature = "metrics")]
    metrics::count(events);
    #[cfg(not(feature = "metrics"))]
    let _ = events;
}
