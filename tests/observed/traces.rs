//! OpenTelemetry spans, and the trace context that requests carry.

use std::time::Duration;

use inngest_core::testing::{EventServer, Fault};
use inngest_core::{Client, Event, RetryPolicy};
use inngest_outbox::{Outbox, Relay};
use opentelemetry::trace::{
    SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use tracing::Instrument as _;
use tracing_subscriber::layer::SubscriberExt as _;

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/cart.cleared")]
struct CartCleared {}

#[derive(Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported")]
struct ItemImported {}

const KEY: &str = "a-secret-event-key";

fn client(server: &EventServer) -> Client {
    Client::builder()
        .event_key(KEY)
        .base_url(server.url())
        .retry(RetryPolicy::default().max_delay(Duration::ZERO))
        .build()
        .unwrap()
}

fn server() -> EventServer {
    EventServer::builder().event_key(KEY).start().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    // The whole client runs on this thread, where the subscriber is installed.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

/// Runs a future and returns the spans that ended.
fn traced<T>(future: impl Future<Output = T>) -> (T, Vec<SpanData>) {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let subscriber = tracing_subscriber::registry().with(layer);
    let output = tracing::subscriber::with_default(subscriber, || block_on(future));
    provider.force_flush().unwrap();
    (output, exporter.get_finished_spans().unwrap())
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|kv| kv.key.as_str() == key);
    found.map(|kv| kv.value.to_string())
}

fn named<'a>(spans: &'a [SpanData], name: &str) -> Vec<&'a SpanData> {
    spans.iter().filter(|span| span.name == name).collect()
}

#[test]
fn send_span_follows_the_semantic_conventions() {
    let server = server();
    let (receipt, spans) = traced(async {
        server.inject(Fault::status(503));
        client(&server).send(CartCleared {}).await.unwrap()
    });
    let [send] = named(&spans, "send storefront/cart.cleared")[..] else {
        panic!("{spans:?}");
    };
    assert_eq!(send.span_kind, SpanKind::Producer);
    assert_eq!(send.status, Status::Unset);
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    for (key, value) in [
        ("messaging.system", "inngest"),
        ("messaging.operation.name", "send"),
        ("messaging.operation.type", "send"),
        ("messaging.destination.name", "storefront/cart.cleared"),
        ("messaging.message.id", &receipt.event_id.to_string()),
        ("server.address", "127.0.0.1"),
        ("server.port", &port),
    ] {
        assert_eq!(attribute(send, key).as_deref(), Some(value), "{key}");
    }

    let requests = named(&spans, "POST");
    let [first, second] = requests[..] else {
        panic!("{spans:?}");
    };
    for request in [first, second] {
        assert_eq!(request.parent_span_id, send.span_context.span_id());
        assert_eq!(request.span_kind, SpanKind::Client);
        let url = format!("{}/e/", server.url());
        assert_eq!(attribute(request, "url.full"), Some(url));
    }
    let status = "http.response.status_code";
    assert_eq!(attribute(first, status).as_deref(), Some("503"));
    assert_eq!(attribute(first, "error.type").as_deref(), Some("503"));
    assert!(matches!(first.status, Status::Error { .. }));
    assert_eq!(attribute(second, status).as_deref(), Some("200"));
    let again = attribute(second, "http.request.resend_count");
    assert_eq!(again.as_deref(), Some("1"));

    let all = format!("{spans:?}");
    assert!(!all.contains(KEY), "{all}");
}

#[test]
fn batch_span_has_the_event_count() {
    let server = server();
    let ((), spans) = traced(async {
        let client = client(&server);
        let one_name = [CartCleared {}, CartCleared {}];
        client.send_many(one_name).await.unwrap();
        let mut mixed = inngest_core::Batch::new();
        mixed.push(CartCleared {}).unwrap();
        mixed.push(ItemImported {}).unwrap();
        server.inject(Fault::status(401));
        client.send_batch(mixed).await.unwrap_err();
    });
    let count = "messaging.batch.message_count";
    let [one_name] = named(&spans, "send storefront/cart.cleared")[..] else {
        panic!("{spans:?}");
    };
    assert_eq!(attribute(one_name, count).as_deref(), Some("2"));
    assert_eq!(one_name.span_kind, SpanKind::Client);
    let [mixed] = named(&spans, "send")[..] else {
        panic!("{spans:?}");
    };
    assert_eq!(attribute(mixed, count).as_deref(), Some("2"));
    assert_eq!(attribute(mixed, "error.type").as_deref(), Some("401"));
    let Status::Error { description } = &mixed.status else {
        panic!("{mixed:?}");
    };
    assert!(description.contains("2 of 2 events"), "{description}");
    let all = format!("{spans:?}");
    assert!(!all.contains(KEY), "{all}");
}

#[test]
fn buffered_sender_creates_spans() {
    let server = server();
    let ((), spans) = traced(async {
        let sender = client(&server).buffered().start().unwrap();
        for _ in 0..2 {
            drop(sender.send(CartCleared {}).await.unwrap());
        }
        sender.flush().await;
        server.inject(Fault::status(401));
        drop(sender.send(ItemImported {}).await.unwrap());
        sender.flush().await;
    });
    let [carts] = named(&spans, "send storefront/cart.cleared")[..] else {
        panic!("{spans:?}");
    };
    let count = attribute(carts, "messaging.batch.message_count");
    assert_eq!(count.as_deref(), Some("2"));
    let [item] = named(&spans, "send storefront/item.imported")[..] else {
        panic!("{spans:?}");
    };
    assert_eq!(attribute(item, "error.type").as_deref(), Some("401"));
    let parents: Vec<_> = named(&spans, "POST")
        .iter()
        .map(|post| post.parent_span_id)
        .collect();
    let sends = [carts, item].map(|send| send.span_context.span_id());
    assert_eq!(parents, sends);
}

fn traceparents(server: &EventServer) -> Vec<Option<String>> {
    let requests = server.requests();
    let header = |name: &str, request: &inngest_core::testing::ReceivedRequest| {
        let value = request.headers.get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    requests
        .iter()
        .map(|request| header("traceparent", request))
        .collect()
}

#[test]
fn request_carries_the_trace_of_its_span() {
    let server = server();
    let ((), spans) = traced(async {
        let client = client(&server);
        let sending = async { client.send(CartCleared {}).await.map(drop) };
        let checkout = tracing::info_span!("checkout");
        sending.instrument(checkout).await.unwrap();
    });
    let [checkout] = named(&spans, "checkout")[..] else {
        panic!("{spans:?}");
    };
    let [request] = named(&spans, "POST")[..] else {
        panic!("{spans:?}");
    };
    let context = &request.span_context;
    assert_eq!(context.trace_id(), checkout.span_context.trace_id());
    let expected = format!("00-{}-{}-01", context.trace_id(), context.span_id());
    assert_eq!(traceparents(&server), [Some(expected)]);
}

#[test]
fn opentelemetry_context_is_the_fallback() {
    use opentelemetry::trace::FutureExt as _;

    let server = server();
    let provider = SdkTracerProvider::builder().build();
    let span = provider.tracer("test").start("checkout");
    let context = opentelemetry::Context::new().with_span(span);
    let expected = {
        let span = context.span();
        let span = span.span_context();
        format!("00-{}-{}-01", span.trace_id(), span.span_id())
    };
    block_on(client(&server).send(CartCleared {}).with_context(context)).unwrap();
    assert_eq!(traceparents(&server), [Some(expected)]);
}

#[test]
fn request_without_a_span_has_no_traceparent() {
    let server = server();
    block_on(client(&server).send(CartCleared {})).unwrap();
    assert_eq!(traceparents(&server), [None]);
}

/// The event is sent after the caller's span has ended, by a relay that has no part in its trace.
#[test]
fn the_outbox_keeps_the_trace_of_the_transaction() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let file = SqliteConnectOptions::new().filename(folder.path().join("outbox.db"));
    let ((), spans) = traced(async {
        let pool = SqlitePool::connect_with(file.create_if_missing(true))
            .await
            .unwrap();
        let outbox = Outbox::new();
        outbox.migrate(&pool).await.unwrap();
        let adding = async {
            let mut tx = pool.begin().await.unwrap();
            outbox.add(&mut *tx, CartCleared {}).await.unwrap();
            tx.commit().await.unwrap();
        };
        adding.instrument(tracing::info_span!("checkout")).await;
        let mut polls = tokio::time::interval(Duration::from_millis(5));
        let received = async {
            while server.events().is_empty() {
                polls.tick().await;
            }
        };
        let relay = Relay::new(outbox, &pool, client(&server));
        relay.run_until(received).await.unwrap();
    });
    let [checkout] = named(&spans, "checkout")[..] else {
        panic!("{spans:?}");
    };
    let context = &checkout.span_context;
    let expected = format!("00-{}-{}-01", context.trace_id(), context.span_id());
    assert_eq!(traceparents(&server), [Some(expected)]);
}
