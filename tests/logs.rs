//! What is logged, and that the event key is not.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use inngest_core::testing::{EventServer, Fault};
use inngest_core::transport::{Request, Transport, TransportError, TransportFuture};
use inngest_core::{Client, RetryPolicy};
use support::{KEY, item, items};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

mod support;

/// Everything that is logged on this thread, a line each.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut lines = self.0.lock().unwrap();
        lines.push_str(span.metadata().name());
        span.record(&mut Fields(&mut lines));
        lines.push('\n');
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Fields(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut lines = self.0.lock().unwrap();
        let metadata = event.metadata();
        write!(lines, "{} {}", metadata.level(), metadata.target()).unwrap();
        event.record(&mut Fields(&mut lines));
        lines.push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Broken;

impl Transport for Broken {
    fn post(&self, _: Request) -> TransportFuture<'_> {
        Box::pin(std::future::ready(Err(TransportError::other("broken"))))
    }
}

#[test]
fn requests_are_logged_and_the_key_is_not() {
    let lines = Lines::default();
    let logged = lines.0.clone();
    // Everything of the client runs on this thread, so all that it and hyper log is seen.
    tracing::subscriber::with_default(lines, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let server = EventServer::builder().event_key(KEY).start().unwrap();
            server.inject(Fault::status(503));
            let builder = Client::builder().event_key(KEY).base_url(server.url());
            let policy = RetryPolicy::default().max_delay(std::time::Duration::ZERO);
            let client = builder.clone().retry(policy).build().unwrap();
            client.send(item(1)).await.unwrap();
            server.inject(Fault::status(401));
            client.send_many(items(2)).await.unwrap_err();
            let broken = builder
                .transport(Broken)
                .retry(RetryPolicy::none())
                .build()
                .unwrap();
            broken.send(item(1)).await.unwrap_err();
        });
    });
    let logged = logged.lock().unwrap();
    for expected in [
        "sending again",
        "events sent",
        "events not sent",
        "events=2",
        "status 503",
    ] {
        assert!(logged.contains(expected), "{expected}: {logged}");
    }
    assert!(!logged.contains(KEY), "{logged}");
}
