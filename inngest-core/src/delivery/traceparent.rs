//! The caller's trace, which the server links to the traces of the runs that the events start.

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;

/// Adds `traceparent` and `tracestate`, as [W3C's Trace
/// Context](https://www.w3.org/TR/trace-context/) has them, when there is a span.
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
        // What no header can hold is left out, as the specification asks.
        if let Ok(value) = HeaderValue::try_from(value)
            && !value.is_empty()
        {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
