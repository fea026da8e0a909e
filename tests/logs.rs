//! Tests log messages, and that no output contains the event key.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use inngest_core::middleware::{Middleware, Outgoing, SentEvent};
use inngest_core::testing::{EventServer, Fault};
use inngest_core::transport::{Answer, Request, Transport, TransportError, TransportFuture};
use inngest_core::{Batch, Client, Event as _, Payload, RawEvent, RetryPolicy};
use support::{CartCleared, KEY, Script, item, items};
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
fn failed_requests_are_warnings_unless_the_program_stored_them() {
    for is_stored in [false, true] {
        let logged = log_of(async {
            let builder = Client::builder().event_key(KEY).transport(BrokenTransport);
            let client = builder.retry(RetryPolicy::none()).build().unwrap();
            let mut batch = Batch::new();
            batch.push(item(1)).unwrap();
            let mut batch = client.cut(batch).unwrap().batch;
            if is_stored {
                let mut stored = Batch::new();
                for request in batch.requests() {
                    stored.push_request(&request).unwrap();
                }
                batch = stored;
            }
            client.send_batch(batch).await.unwrap_err();
        });
        let level = if is_stored { "DEBUG" } else { "WARN" };
        let failure = format!("{level} inngest_core::delivery::http message=events not sent");
        assert!(logged.contains(&failure), "{logged}");
        assert_eq!(logged.contains("WARN"), !is_stored, "{logged}");
    }
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
        let add = |text: String| texts.lock().unwrap().push_str(&text);
        let server = EventServer::builder().event_key(KEY).start().unwrap();
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let nowhere = format!("http://{}", closed.local_addr().unwrap());
        drop(closed);
        let hook = Arc::clone(&texts);
        let builder = Client::builder()
            .event_key(KEY)
            .timeout(Duration::from_millis(300))
            .retry(RetryPolicy::default().attempts(2).max_delay(Duration::ZERO));
        add(format!("{builder:?} {builder:#?}"));
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
                add(format!("{client:?} {client:#?} {:?}", client.url()));
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
                        Ok(receipt) => add(format!("{receipt:?}")),
                        Err(error) => add(all_texts(&error)),
                    }
                    server.script([Some(fault()), Some(fault())]);
                    if let Err(error) = client.send_many(items(2)).await {
                        add(all_texts(&error));
                        add(format!("{:?}", error.outcomes()));
                        add(format!("{:?}", error.into_unsent()));
                    }
                    server.clear_faults();
                }
                server.script([Some(Fault::status(403)), Some(Fault::status(403))]);
                let mut streaming = client.send_iter(items(3));
                add(format!("{streaming:?}"));
                while let Some(progress) = streaming.next().await {
                    add(format!("{progress:?}"));
                }
                server.script([Some(Fault::status(401)), Some(Fault::status(401))]);
                let hook = Arc::clone(&hook);
                let sender = client.buffered().on_failure(move |failure| {
                    write!(hook.lock().unwrap(), "{failure:?}").unwrap();
                });
                add(format!("{sender:?}"));
                let sender = sender.start().unwrap();
                let pending = sender.send(item(1)).await.unwrap();
                add(format!("{sender:?} {pending:?}"));
                let report = sender.shutdown(Duration::from_secs(5)).await;
                add(format!("{report:?} {:?}", pending.await));
                server.clear_faults();
            }
        }
        add(format!("{server:?} {server:#?} {:?}", server.requests()));
    });
    let output = output.lock().unwrap();
    for (what, text) in [("logged", &logged), ("output", &*output)] {
        assert!(text.len() > 10_000, "{what}: {text}");
        assert!(!text.contains(KEY), "{what}: {text}");
    }
}

/// Adds what each middleware sees to the output.
#[derive(Clone, Default)]
struct Printing(Arc<Mutex<String>>);

impl Middleware for Printing {
    fn before_send(&self, events: &mut Outgoing) -> Result<(), Box<dyn Error + Send + Sync>> {
        write!(self.0.lock().unwrap(), "{events:?}").unwrap();
        Ok(())
    }

    fn after_send(&self, events: &[SentEvent<'_>]) {
        write!(self.0.lock().unwrap(), "{events:?}").unwrap();
    }
}

/// A transport that adds its requests and answers to the output.
struct PrintingTransport(Printing, Script);

impl Transport for PrintingTransport {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        Box::pin(async move {
            write!(self.0.0.lock().unwrap(), "{request:?}").unwrap();
            let answer = self.1.post(request).await;
            write!(self.0.0.lock().unwrap(), "{answer:?}").unwrap();
            answer
        })
    }
}

/// `Debug` and `Display` show names, counts and ids, but never what is in an event.
#[test]
#[expect(clippy::too_many_lines, reason = "one list of all that can be printed")]
fn event_data_never_appears_in_output() {
    const DATA: &str = "marked-data";
    let output = Printing::default();
    let add_debug =
        |text: &dyn std::fmt::Debug| write!(output.0.lock().unwrap(), "{text:?}").unwrap();
    let add_display =
        |text: &dyn std::fmt::Display| write!(output.0.lock().unwrap(), "{text}").unwrap();
    let cart = || CartCleared { note: DATA.into() };
    let user = serde_json::json!({ "external_id": DATA });
    let payload = || {
        Payload::new(cart())
            .id("an-id")
            .user(&user)
            .session("visit", DATA)
    };
    let raw = RawEvent::new("shop/order.placed", serde_json::json!({ "name": DATA })).user(&user);
    add_debug(&payload());
    add_debug(&cart().payload().user(&user));
    add_debug(&raw);
    let mut batch = Batch::new();
    batch.push(payload()).unwrap();
    batch.push(&raw).unwrap();
    add_debug(&batch);
    assert_eq!(
        format!("{batch:?}"),
        "Batch { events: 2, names: 1 × shop/order.placed, 1 × storefront/cart.cleared, \
         dedup_ids: [\"an-id\"], .. }"
    );
    let error = batch
        .push(RawEvent::new(
            "shop/order.placed",
            serde_json::json!({ "_inngest": DATA }),
        ))
        .unwrap_err();
    add_display(&error);
    add_debug(&error);

    let lines = Lines::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let logs = tracing::subscriber::set_default(lines.clone());
    runtime.block_on(async {
        let refused = || Ok(Answer::new(400, r#"{"error":"refused"}"#));
        let unclear = || Err(TransportError::other("the connection broke"));
        let script = Script::new([
            refused(),
            refused(),
            unclear(),
            unclear(),
            refused(),
            refused(),
            refused(),
            unclear(),
        ]);
        let client = Client::builder()
            .event_key(KEY)
            .transport(PrintingTransport(output.clone(), script))
            .middleware(output.clone())
            .retry(RetryPolicy::none())
            .build()
            .unwrap();
        add_debug(&client.plan(&batch));
        for _ in 0..3 {
            match client.send_batch(batch.clone()).await {
                Ok(receipts) => add_debug(&receipts),
                Err(error) => {
                    add_display(&error);
                    add_debug(&error);
                    add_debug(&error.outcomes());
                    add_debug(&Batch::from_bytes(&error.into_unsent().to_bytes()));
                }
            }
        }
        let hook = output.clone();
        let sender = client.buffered().on_failure(move |failure| {
            write!(hook.0.lock().unwrap(), "{failure:?} {failure}").unwrap();
        });
        let sender = sender.start().unwrap();
        for _ in 0..3 {
            let pending = sender.send(payload()).await.unwrap();
            add_debug(&pending);
            sender.flush().await;
            add_debug(&pending.await.inspect_err(|error| add_display(error)));
        }
        let lost = sender.send(payload()).await.unwrap();
        add_debug(&sender);
        let report = sender.shutdown(Duration::ZERO).await;
        add_debug(&report);
        add_display(&report);
        add_debug(&lost.await);
        let mut sending = client.send_iter([raw.clone()]);
        while let Some(progress) = sending.next().await {
            add_debug(&progress);
        }
        let buffered = client.buffered().start().unwrap();
        drop(buffered.send(payload()).await.unwrap());
        drop(buffered);
    });
    drop(logs);
    let output = output.0.lock().unwrap();
    for text in [&*output, &*lines.0.lock().unwrap()] {
        assert!(text.len() > 1_000, "{text}");
        assert!(text.contains("storefront/cart.cleared") && text.contains("shop/order.placed"));
        let at = text.find(DATA).unwrap_or(text.len());
        assert!(
            at == text.len(),
            "{}",
            &text[at.saturating_sub(200)..at + DATA.len()]
        );
    }
}
