//! Log messages, and the absence of the event key from all output.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use inngest_core::testing::{EventServer, Fault};
use inngest_core::transport::{Request, Transport, TransportError, TransportFuture};
use inngest_core::{Client, RetryPolicy};
use support::{KEY, Script, item, items};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};

mod support;

/// A subscriber that collects everything logged on this thread, one line each.
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

    fn event(&self, event: &tracing::Event<'_>) {
        let mut lines = self.0.lock().unwrap();
        let metadata = event.metadata();
        write!(lines, "{} {}", metadata.level(), metadata.target()).unwrap();
        event.record(&mut Fields(&mut lines));
        lines.push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct BrokenTransport;

impl Transport for BrokenTransport {
    fn post(&self, _: Request) -> TransportFuture<'_> {
        Box::pin(std::future::ready(Err(TransportError::other("broken"))))
    }
}

/// Runs a future on this thread and returns the log of the client, hyper and reqwest.
fn log_of(future: impl Future<Output = ()>) -> String {
    let lines = Lines::default();
    let logged = lines.0.clone();
    tracing::subscriber::with_default(lines, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(future);
    });
    let logged = logged.lock().unwrap();
    logged.clone()
}

#[test]
fn requests_are_logged_without_the_event_key() {
    let logged = log_of(async {
        let server = EventServer::builder().event_key(KEY).start().unwrap();
        server.inject(Fault::status(503));
        let builder = Client::builder().event_key(KEY).base_url(server.url());
        let policy = RetryPolicy::default().max_delay(Duration::ZERO);
        let client = builder.clone().retry(policy).build().unwrap();
        client.send(item(1)).await.unwrap();
        server.inject(Fault::status(401));
        client.send_many(items(2)).await.unwrap_err();
    });
    for expected in [
        "sending again",
        "events sent",
        "events not sent",
        "events=2",
        "status 503",
        "messaging.system=\"inngest\"",
    ] {
        assert!(logged.contains(expected), "{expected}: {logged}");
    }
    assert!(!logged.contains(KEY), "{logged}");
}

#[test]
fn dropping_a_buffered_sender_logs_lost_events() {
    let logged = log_of(async {
        let server = EventServer::start().unwrap();
        let client = server.client().unwrap();
        let sender = client.buffered().linger(Duration::from_secs(3600));
        let sender = sender.start().unwrap();
        for n in 0..3 {
            sender.try_send(item(n)).unwrap();
        }
        drop(sender);
    });
    let warning = "WARN inngest_core::client";
    let warning = logged.lines().find(|line| line.starts_with(warning));
    let warning = warning.expect(&logged);
    assert!(warning.contains("lost=3"), "{warning}");
    assert!(warning.contains("without `shutdown`"), "{warning}");
}

struct SilentTransport;

impl Transport for SilentTransport {
    fn post(&self, _: Request) -> TransportFuture<'_> {
        Box::pin(std::future::pending())
    }
}

#[test]
fn dropping_a_stream_logs_events_without_outcome() {
    let silent = log_of(async {
        let client = Client::builder().event_key(KEY).transport(SilentTransport);
        let client = client.max_request_events(3).concurrency(2).build().unwrap();
        drop(client.send_iter(items(10)));
        let mut sending = client.send_iter(items(10));
        for _ in 0..5 {
            assert!(sending.next().now_or_never().is_none());
        }
    });
    let mut warnings = silent.lines().filter(|line| line.starts_with("WARN"));
    let warning = warnings.next().expect(&silent);
    assert!(warning.contains("events=6"), "{warning}");
    assert!(
        warning.contains("before it reported these events"),
        "{warning}"
    );
    assert_eq!(warnings.next(), None, "the other stream had read no events");

    let whole = log_of(async {
        let mut sending = Script::default().client().send_iter(items(10));
        while sending.next().await.is_some() {}
    });
    assert!(!whole.contains("WARN"), "{whole}");
}

/// The `Display` and `Debug` output of an error and its sources.
fn all_texts(error: &dyn Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}\n");
    let mut next = error.source();
    while let Some(error) = next {
        writeln!(text, "{error} {error:?} {error:#?}").unwrap();
        next = error.source();
    }
    text
}

/// The response body of a gateway that repeats the request path, which contains the event key.
fn body_with_the_key() -> String {
    let words = format!("cannot POST /e/{KEY}");
    serde_json::json!({ "error": words, "message": words }).to_string()
}

/// Under every failure and with every way to send, no log line, error or `Debug` output contains the
/// event key.
#[test]
fn event_key_never_appears_in_output() {
    let output = Arc::new(Mutex::new(String::new()));
    let texts = Arc::clone(&output);
    let logged = log_of(async move {
        let say = |text: String| texts.lock().unwrap().push_str(&text);
        let server = EventServer::builder().event_key(KEY).start().unwrap();
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let nowhere = format!("http://{}", closed.local_addr().unwrap());
        drop(closed);
        let hook = Arc::clone(&texts);
        let builder = Client::builder()
            .event_key(KEY)
            .timeout(Duration::from_millis(300))
            .retry(RetryPolicy::default().attempts(2).max_delay(Duration::ZERO));
        say(format!("{builder:?} {builder:#?}"));
        let server_url = server.url();
        let tls = nowhere.replace("http:", "https:");
        for url in [
            &server_url,
            &nowhere,
            &tls,
            &server_url.replace("http:", "https:"),
        ] {
            let builder = builder.clone().base_url(url);
            let reqwest = builder.clone().http_client(reqwest::Client::new());
            let broken = builder.clone().transport(BrokenTransport);
            for builder in [builder, reqwest, broken] {
                let client = builder.build().unwrap();
                say(format!("{client:?} {client:#?} {:?}", client.url()));
                let faults: Vec<fn() -> Fault> = vec![
                    || Fault::status(303),
                    || Fault::status(400),
                    || Fault::status(401),
                    || Fault::status(403),
                    || Fault::status(404),
                    || Fault::status(413),
                    || Fault::status(429),
                    || Fault::status(500),
                    Fault::close,
                    || Fault::close().after_taking(),
                    || Fault::cut(5),
                    || Fault::status(200).body("{}"),
                    || Fault::status(400).body(body_with_the_key()),
                    || Fault::status(401).body(body_with_the_key()),
                    || Fault::status(403).body(body_with_the_key()),
                    || Fault::status(503).body(body_with_the_key()),
                ];
                for fault in faults {
                    server.script([Some(fault()), Some(fault())]);
                    match client.send(item(1)).await {
                        Ok(receipt) => say(format!("{receipt:?}")),
                        Err(error) => say(all_texts(&error)),
                    }
                    server.script([Some(fault()), Some(fault())]);
                    if let Err(error) = client.send_many(items(2)).await {
                        say(all_texts(&error));
                        say(format!("{:?}", error.outcomes()));
                        say(format!("{:?}", error.into_unsent()));
                    }
                    server.clear_faults();
                }
                server.script([Some(Fault::status(403)), Some(Fault::status(403))]);
                let mut streaming = client.send_iter(items(3));
                say(format!("{streaming:?}"));
                while let Some(progress) = streaming.next().await {
                    say(format!("{progress:?}"));
                }
                server.script([Some(Fault::status(401)), Some(Fault::status(401))]);
                let hook = Arc::clone(&hook);
                let sender = client.buffered().on_failure(move |failure| {
                    write!(hook.lock().unwrap(), "{failure:?}").unwrap();
                });
                say(format!("{sender:?}"));
                let sender = sender.start().unwrap();
                let pending = sender.send(item(1)).await.unwrap();
                say(format!("{sender:?} {pending:?}"));
                let report = sender.shutdown(Duration::from_secs(5)).await;
                say(format!("{report:?} {:?}", pending.await));
                server.clear_faults();
            }
        }
        say(format!("{server:?} {server:#?} {:?}", server.requests()));
    });
    let output = output.lock().unwrap();
    for (what, text) in [("logged", &logged), ("output", &*output)] {
        assert!(text.len() > 10_000, "{what}: {text}");
        assert!(!text.contains(KEY), "{what}: {text}");
    }
}
