//! The spans of attempts, and the error types in spans and counters.

use std::borrow::Cow;

#[cfg(feature = "metrics")]
use metrics::{Label, counter};
use tracing::Span;
use tracing::field::{Empty, display};

use crate::delivery::endpoint::Endpoint;
use crate::delivery::error::SendError;
use crate::delivery::request::EventRequest;
use crate::delivery::response::Response;

/// The span of one attempt.
pub(crate) fn request_span(endpoint: &Endpoint, request: &EventRequest, attempt: u32) -> Span {
    tracing::debug_span!(
        "request",
        otel.name = "POST",
        otel.kind = "client",
        otel.status_code = Empty,
        otel.status_description = Empty,
        http.request.method = "POST",
        http.request.body.size = request.body_bytes(),
        http.request.resend_count = (attempt > 1).then(|| attempt - 1),
        http.response.status_code = Empty,
        messaging.batch.message_count = request.len(),
        url.full = &*endpoint.base,
        server.address = endpoint.uri.host(),
        server.port = endpoint.uri.port_u16(),
        error.type = Empty,
    )
}

/// Records the result of an attempt.
pub(crate) fn record_response(span: &Span, response: &Response) {
    if span.is_disabled() {
        return;
    }
    match response {
        Response::Accepted(_) => {
            span.record("http.response.status_code", 200);
        }
        Response::Failed { error, .. } => {
            if let Some(status) = error.status() {
                span.record("http.response.status_code", status);
            }
            mark_failed(span, error, error);
        }
    }
}

/// Counts a retry.
pub(crate) fn count_retry(error: &SendError) {
    #[cfg(feature = "metrics")]
    counter!("inngest.client.resent.requests", labels(Some(error))).increment(1);
    #[cfg(not(feature = "metrics"))]
    let _ = error;
}

/// Marks a span as failed.
pub(crate) fn mark_failed(span: &Span, kind: &SendError, error: &dyn std::error::Error) {
    span.record("error.type", &*error_type(kind));
    span.record("otel.status_code", "ERROR");
    span.record("otel.status_description", display(error));
}

/// A short error type with few distinct values: the HTTP status, if there is one.
pub(crate) fn error_type(error: &SendError) -> Cow<'static, str> {
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
        // The convention's value for other errors.
        _ => "_OTHER",
    })
}

/// The labels of every counter.
#[cfg(feature = "metrics")]
pub(crate) fn labels(error: Option<&SendError>) -> Vec<Label> {
    let mut labels = vec![
        Label::from_static_parts("messaging.system", "inngest"),
        Label::from_static_parts("messaging.operation.name", "send"),
    ];
    labels.extend(error.map(|error| Label::new("error.type", error_type(error))));
    labels
}
