//! Reports to the `metrics` crate, under OpenTelemetry's names.
//!
//! | metric | kind | labels |
//! |---|---|---|
//! | `messaging.client.sent.messages` | counter | `messaging.destination.name`: the event name; `error.type` for an event that was not, or may not have been, delivered |
//! | `messaging.client.operation.duration` | histogram, seconds | `server.address`; `error.type` |
//! | `inngest.client.resent.requests` | counter | `error.type`: why the request is retried |
//!
//! All have `messaging.system` = `inngest` and `messaging.operation.name` = `send`.

use std::time::Instant;

use ::metrics::{Label, counter, histogram};

use crate::delivery::endpoint::Endpoint;
use crate::delivery::error::SendError;
use crate::delivery::trace::{error_type, labels};
use crate::middleware::outgoing::SentEvent;

/// Counts the outcomes of events. Consecutive events with the same name and error are counted
/// together.
pub(crate) fn count(events: &[SentEvent<'_>]) {
    let error = |event: &SentEvent<'_>| event.outcome.error().map(error_type);
    for alike in events.chunk_by(|a, b| a.name == b.name && error(a) == error(b)) {
        if let Some(first) = alike.first() {
            count_one(first.name, first.outcome.error(), alike.len() as u64);
        }
    }
}

/// Counts events with the same name and error.
pub(crate) fn count_one(name: &str, error: Option<&SendError>, events: u64) {
    let mut labels = labels(error);
    labels.push(Label::new("messaging.destination.name", name.to_owned()));
    counter!("messaging.client.sent.messages", labels).increment(events);
}

/// Measures how long a call that sends events takes.
pub(crate) struct Duration {
    started: Instant,
    server: String,
}

impl Duration {
    pub(crate) fn start(endpoint: &Endpoint) -> Self {
        Self {
            started: Instant::now(),
            server: endpoint.uri.host().unwrap_or_default().to_owned(),
        }
    }

    pub(crate) fn end(self, error: Option<&SendError>) {
        let mut labels = labels(error);
        labels.push(Label::new("server.address", self.server));
        histogram!("messaging.client.operation.duration", labels).record(self.started.elapsed());
    }
}
