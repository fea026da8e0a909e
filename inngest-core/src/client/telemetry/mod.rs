//! Spans, and counters behind the feature `metrics`.
//!
//! Names follow OpenTelemetry's [semantic conventions for
//! messaging](https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/) and for HTTP
//! clients. URLs do not contain the event key.

#[cfg(feature = "metrics")]
mod metrics;

use std::error::Error;

use tracing::Span;
use tracing::field::{Empty, display};

use crate::delivery::batch_error::BatchError;
use crate::delivery::endpoint::Endpoint;
use crate::delivery::error::SendError;
use crate::delivery::receipt::Receipt;
use crate::delivery::trace::mark_failed;
use crate::middleware::outgoing::SentEvent;

/// Whether counters are enabled. They need the name of every event.
pub(crate) const COUNTS: bool = cfg!(feature = "metrics");

/// A call that sends events.
pub(crate) struct Operation {
    span: Span,
    #[cfg(feature = "metrics")]
    duration: metrics::Duration,
}

impl Operation {
    /// A call that sends events with one name, or with names that are not known yet. `kind` is
    /// OpenTelemetry's span kind.
    pub(crate) fn of_name(endpoint: &Endpoint, kind: &str, name: Option<&str>) -> Self {
        let operation = Self::new(endpoint);
        if !operation.span.is_disabled() {
            operation.span.record("otel.kind", kind);
            match name {
                Some(name) => operation.set_destination(name),
                None => operation.record_mixed_names(),
            }
        }
        operation
    }

    /// A call that sends events with these names. `events` also counts refused events.
    pub(crate) fn of_names<'a>(
        endpoint: &Endpoint,
        mut names: impl Iterator<Item = &'a str>,
        events: usize,
    ) -> Self {
        let operation = Self::new(endpoint);
        if !operation.span.is_disabled() {
            operation.span.record("otel.kind", "client");
            operation.count(events);
            if let Some(first) = names.next()
                && names.all(|name| name == first)
            {
                operation.set_destination(first);
            } else {
                operation.record_mixed_names();
            }
        }
        operation
    }

    fn record_mixed_names(&self) {
        self.span.record("otel.name", "send");
    }

    /// Records the number of events.
    pub(crate) fn count(&self, events: usize) {
        self.span.record("messaging.batch.message_count", events);
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
                server.address = endpoint.uri.host(),
                server.port = endpoint.uri.port_u16(),
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

    pub(crate) fn end(self, result: &Result<Vec<Receipt>, BatchError>) {
        let error = result.as_ref().err();
        let first = error.and_then(BatchError::first_error);
        self.end_with(first, error.map(|error| error as _));
    }

    /// Ends the call with the first error of an event and the error to show.
    pub(crate) fn end_with(self, first: Option<&SendError>, shown: Option<&dyn Error>) {
        if let (Some(first), Some(shown)) = (first, shown) {
            mark_failed(&self.span, first, shown);
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
