//! What is seen from outside: spans, and counters behind the feature `metrics`.
//!
//! Names are those of OpenTelemetry's [semantic conventions for
//! messaging](https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/) and for HTTP
//! clients. The URL is the one without the event key.

use std::borrow::Cow;

use tracing::Span;
use tracing::field::{Empty, display};

use super::answer::Meaning;
use super::chunk::Chunk;
use super::config::Endpoint;
use super::error::{BatchError, Outcome, SendError};
use super::middleware::SentEvent;
use super::receipt::Receipt;
use crate::batch::Batch;

/// Whether there are counters, which need the names of all events.
pub(super) const COUNTS: bool = cfg!(feature = "metrics");

/// A call of the user's that sends events.
pub(super) struct Operation {
    span: Span,
    #[cfg(feature = "metrics")]
    duration: super::counters::Duration,
}

impl Operation {
    pub(super) fn of_one(endpoint: &Endpoint, name: &'static str) -> Self {
        let operation = Self::new(endpoint);
        if !operation.span.is_disabled() {
            operation.set_destination(name);
            operation.span.record("otel.kind", "producer");
        }
        operation
    }

    pub(super) fn of_batch(endpoint: &Endpoint, batch: &Batch, refused: usize) -> Self {
        let operation = Self::new(endpoint);
        operation.describe(batch.names(), batch.len() + refused);
        operation
    }

    /// Events of one name that are read as they are sent: how many there are is said at their end.
    pub(super) fn of_read(endpoint: &Endpoint, name: &'static str) -> Self {
        let operation = Self::new(endpoint);
        operation.span.record("otel.kind", "client");
        operation.set_destination(name);
        operation
    }

    /// How many events there were.
    pub(super) fn count(&self, events: usize) {
        self.span.record("messaging.batch.message_count", events);
    }

    pub(super) fn of_names(
        endpoint: &Endpoint,
        names: impl ExactSizeIterator<Item = &'static str>,
    ) -> Self {
        let operation = Self::new(endpoint);
        let events = names.len();
        operation.describe(names, events);
        operation
    }

    fn describe(&self, mut names: impl Iterator<Item = &'static str>, events: usize) {
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
            duration: super::counters::Duration::start(endpoint),
        }
    }

    fn set_destination(&self, name: &str) {
        self.span.record("otel.name", format_args!("send {name}"));
        self.span.record("messaging.destination.name", name);
    }

    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    pub(super) fn end_one(self, name: &'static str, result: &Result<Receipt, SendError>) {
        match result {
            Ok(receipt) => {
                let id = display(&receipt.event_id);
                self.span.record("messaging.message.id", id);
            }
            Err(error) => failed(&self.span, error, error),
        }
        #[cfg(feature = "metrics")]
        {
            let error = result.as_ref().err();
            super::counters::count_one(name, error, 1);
            self.duration.end(error);
        }
        #[cfg(not(feature = "metrics"))]
        let _ = name;
    }

    pub(super) fn end_with(self, error: Option<&SendError>) {
        if let Some(error) = error {
            failed(&self.span, error, error);
        }
        #[cfg(feature = "metrics")]
        self.duration.end(error);
    }

    pub(super) fn end(self, result: &Result<Vec<Receipt>, BatchError>) {
        let error = result.as_ref().err();
        let first = error.and_then(|error| error.outcomes().iter().find_map(Outcome::error));
        if let (Some(error), Some(first)) = (error, first) {
            failed(&self.span, first, error);
        }
        #[cfg(feature = "metrics")]
        self.duration.end(first);
    }
}

/// One try of a request.
pub(super) fn request_span(endpoint: &Endpoint, chunk: &Chunk, tried: u32) -> Span {
    tracing::debug_span!(
        "request",
        otel.name = "POST",
        otel.kind = "client",
        otel.status_code = Empty,
        otel.status_description = Empty,
        http.request.method = "POST",
        http.request.body.size = chunk.body_bytes(),
        http.request.resend_count = (tried > 1).then(|| tried - 1),
        http.response.status_code = Empty,
        messaging.batch.message_count = chunk.requested(),
        url.full = endpoint.base(),
        server.address = endpoint.uri().host(),
        server.port = endpoint.uri().port_u16(),
        error.type = Empty,
    )
}

/// A try was answered, or failed.
pub(super) fn answered(span: &Span, meaning: &Meaning) {
    if span.is_disabled() {
        return;
    }
    match meaning {
        Meaning::Taken(_) => {
            span.record("http.response.status_code", 200);
        }
        Meaning::Failed { error, .. } => {
            if let Some(status) = error.status() {
                span.record("http.response.status_code", status);
            }
            failed(span, error, error);
        }
    }
}

/// A request is made again because of an error.
pub(super) fn again(error: &SendError) {
    #[cfg(feature = "metrics")]
    super::counters::again(error);
    #[cfg(not(feature = "metrics"))]
    let _ = error;
}

/// Counts what became of events.
pub(super) fn count(events: &[SentEvent<'_>]) {
    #[cfg(feature = "metrics")]
    super::counters::count(events);
    #[cfg(not(feature = "metrics"))]
    let _ = events;
}

fn failed(span: &Span, kind: &SendError, error: &dyn std::error::Error) {
    span.record("error.type", &*error_type(kind));
    span.record("otel.status_code", "ERROR");
    span.record("otel.status_description", display(error));
}

/// A short word for an error, of which there are few: the HTTP status where there is one.
pub(super) fn error_type(error: &SendError) -> Cow<'static, str> {
    if let Some(status) = error.status() {
        return status.to_string().into();
    }
    Cow::Borrowed(match error {
        SendError::Payload(_) => "payload",
        SendError::InvalidAnswer { .. } => "invalid_answer",
        SendError::Timeout { .. } => "timeout",
        SendError::NoDevServer { .. } | SendError::NoConnection { .. } => "no_connection",
        SendError::Tls { .. } => "tls",
        SendError::ConnectionBroke { .. } => "connection_broke",
        SendError::AfterFork => "after_fork",
        SendError::Discarded { .. } => "discarded",
        SendError::Middleware(_) => "middleware",
        SendError::InDoubt { last, .. } => return error_type(last),
        // The convention's word for all else.
        _ => "_OTHER",
    })
}
