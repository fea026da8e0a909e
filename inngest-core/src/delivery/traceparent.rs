//! Sends the caller's trace, which the server links to the runs of the events.

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;

/// Adds the headers `traceparent` and `tracestate` of [W3C Trace
/// Context](https://www.w3.org/TR/trace-context/) if there is a span.
pub(crate) fn insert(headers: &mut HeaderMap) {
    let context = Context::current();
    let span = context.span();
    let span = span.span_context();
    if !span.is_valid() {
        return;
    }
    let traceparent = format!(
        "00-{}-{}-{:02x}",
        span.trace_id(),
        span.span_id(),
        u8::from(span.is_sampled())
    );
    let state = span.trace_state().header();
    for (name, value) in [("traceparent", traceparent), ("tracestate", state)] {
        // The specification requires to omit values that are not valid in a header.
        if let Ok(value) = HeaderValue::try_from(value)
            && !value.is_empty()
        {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
