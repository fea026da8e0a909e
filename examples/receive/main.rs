//! Receives Inngest's calls in an axum app: verifies the signature, decodes the events into an enum, and
//! responds. The calls are replayed from a recording.
//!
//! Run with `cargo run --example receive`.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use inngest_core::Event;
use inngest_receive::system::{FunctionFailed, ScheduledTimer};
use inngest_receive::{Events, FunctionCall, RawReceived, Received, SigningKeys, verify};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tower_service::Service as _;

/// A crate is ready to leave the depot.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "depot/crate.packed", version = "2026-01-01.1")]
struct CratePacked {
    n: u32,
}

/// Nobody knows where a crate is.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "depot/crate.lost", id = "crate-lost-{label}")]
struct CrateLost {
    #[serde(rename = "crate")]
    label: String,
}

#[derive(Events)]
enum DepotEvent {
    #[events(any_version)]
    Packed(Received<CratePacked>),
    Lost(CrateLost),
    Failed(FunctionFailed<Box<DepotEvent>>),
    Timer(Received<ScheduledTimer>),
    #[events(other)]
    Other(RawReceived),
}

fn handle(event: &DepotEvent) -> String {
    match event {
        DepotEvent::Packed(packed) => {
            let version = packed.version.as_deref().unwrap_or("none");
            format!(
                "{} packed, version {version}, id {}",
                packed.data.n, packed.id
            )
        }
        DepotEvent::Lost(lost) => format!("{} lost", lost.label),
        DepotEvent::Failed(failed) => {
            let event = match &failed.event {
                Ok(event) => handle(event),
                Err(error) => error.to_string(),
            };
            format!("{} failed for: {event}", failed.function_id)
        }
        DepotEvent::Timer(timer) => format!("cron {}, time {}", timer.data.cron, timer.id),
        DepotEvent::Other(other) => format!("another event, {}", other.name),
    }
}

struct App {
    /// `None` in development: the dev server signs nothing.
    keys: Option<SigningKeys>,
    now: fn() -> SystemTime,
}

async fn receive(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(keys) = &app.keys
        && let Err(error) = verify(keys, &headers, &body, (app.now)())
    {
        return (StatusCode::UNAUTHORIZED, error.to_string()).into_response();
    }
    // A retry would send the same body.
    let refuse = |error: String| {
        let no_retry = [("x-inngest-no-retry", "true")];
        (StatusCode::BAD_REQUEST, no_retry, error).into_response()
    };
    let call = match FunctionCall::<DepotEvent>::decode(&body) {
        Ok(call) => call,
        Err(error) => return refuse(error.to_string()),
    };
    match call.into_all_events() {
        Ok(events) => Json(events.iter().map(handle).collect::<Vec<_>>()).into_response(),
        Err(error) => refuse(error.to_string()),
    }
}

fn app(keys: Option<SigningKeys>, now: fn() -> SystemTime) -> Router {
    let app = Arc::new(App { keys, now });
    Router::new()
        .route("/api/inngest", post(receive))
        .with_state(app)
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A recorded call.
#[derive(Clone, Deserialize)]
struct Call {
    name: String,
    url: String,
    headers: std::collections::BTreeMap<String, String>,
    body: String,
}

#[derive(Deserialize)]
struct Recording {
    signing_key: String,
    calls: Vec<Call>,
}

/// Replays a call and prints the response.
async fn replay(app: &mut Router, call: &Call) -> Result<(), Box<dyn std::error::Error>> {
    let mut request = Request::post(&call.url);
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    let response = app
        .call(request.body(Body::from(call.body.clone()))?)
        .await?;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1_000_000).await?;
    println!("{}: {status} {}", call.name, std::str::from_utf8(&body)?);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let recording = include_str!("../../inngest-receive/tests/data/calls.json");
    let recording: Recording = serde_json::from_str(recording)?;
    let (signed, unsigned): (Vec<Call>, Vec<Call>) = recording
        .calls
        .into_iter()
        .partition(|call| call.headers.contains_key("x-inngest-signature"));

    println!("in development, without signatures\n");
    let mut development = app(None, SystemTime::now);
    for call in &unsigned {
        replay(&mut development, call).await?;
    }

    println!("\nin production, with `SigningKeys::from_env()` and `SystemTime::now`\n");
    // The recorded signatures are valid with this key, for five minutes after this time.
    let keys = SigningKeys::new(&recording.signing_key)?;
    let mut production = app(Some(keys.clone()), || at(1_795_877_990));
    for call in &signed {
        replay(&mut production, call).await?;
    }

    println!();
    let mut forged = signed.into_iter().next().ok_or("no call is signed")?;
    forged.name = "ten minutes later".into();
    let mut later = app(Some(keys), || at(1_795_878_590));
    replay(&mut later, &forged).await?;
    forged.name = "with other data".into();
    forged.body = forged.body.replace(r#"{"n":1}"#, r#"{"n":9}"#);
    replay(&mut production, &forged).await?;
    forged.name = "without a signature".into();
    forged.headers.remove("x-inngest-signature");
    replay(&mut production, &forged).await
}
