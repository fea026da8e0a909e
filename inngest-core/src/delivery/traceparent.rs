//! Sends the caller's trace, which the server links to the runs of the events.

#[cfg(feature = "opentelemetry")]
use http::HeaderMap;
#[cfg(feature = "opentelemetry")]
use http::header::{HeaderName, HeaderValue};
#[cfg(feature = "opentelemetry")]
use opentelemetry::Context;
#[cfg(feature = "opentelemetry")]
use opentelemetry::trace::{SpanContext, TraceContextExt as _};

/// The trace of the caller, in the form of the header `traceparent` of [W3C Trace
/// Context](https://www.w3.org/TR/trace-context/). `None` outside a span, and without the feature
/// `opentelemetry`.
#[must_use]
pub fn traceparent() -> Option<String> {
    #[cfg(feature = "opentelemetry")]
    return header(Context::current().span().span_context());
    #[cfg(not(feature = "opentelemetry"))]
    None
}

/// The header of a span, if the span is valid.
#[cfg(feature = "opentelemetry")]
fn header(span: &SpanContext) -> Option<String> {
    let flags = u8::from(span.is_sampled());
    let (trace, span_id) = (span.trace_id(), span.span_id());
    span.is_valid()
        .then(|| format!("00-{trace}-{span_id}-{flags:02x}"))
}

/// Adds the headers `traceparent` and `tracestate` if there is a span.
#[cfg(feature = "opentelemetry")]
pub(crate) fn insert(headers: &mut HeaderMap) {
    let context = Context::current();
    let span = context.span();
    let span = span.span_context();
    let Some(traceparent) = header(span) else {
        return;
    };
    let state = span.trace_state().header();
    for (name, value) in [("traceparent", traceparent), ("tracestate", state)] {
        // The specification requires that values invalid in a header are omitted.
        if let Ok(value) = HeaderValue::try_from(value)
            && !value.is_empty()
        {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
