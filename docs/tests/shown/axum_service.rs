use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use inngest_core::{Batch, Buffered, Client, Event, Report, SendError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// A customer placed an order.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(
    name = "shop/order.placed",
    id = "order-placed-{order_id}",
    version = "2026-11-21.1"
)]
pub struct OrderPlaced {
    order_id: String,
    cents: u64,
}

async fn place_order(
    State(events): State<Buffered>,
    Json(order): Json<OrderPlaced>,
) -> Result<StatusCode, (StatusCode, String)> {
    // Returns as soon as the event is buffered; waits only while the buffer is full.
    match events.send(&order).await {
        Ok(_pending) => Ok(StatusCode::ACCEPTED),
        // The server would refuse this event.
        Err(SendError::Payload(error)) => Err((StatusCode::BAD_REQUEST, error.to_string())),
        Err(error) => Err((StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
    }
}

/// Serves requests until `stop` completes, then delivers the buffered events. Stores the events that can be
/// sent later in `unsent`.
pub async fn serve(
    listener: TcpListener,
    client: &Client,
    stop: impl Future<Output = ()> + Send + 'static,
    unsent: PathBuf,
) -> Result<Report, Box<dyn Error>> {
    let folder = unsent.clone();
    let events = client
        .buffered()
        .on_failure(move |failure| {
            eprintln!("{failure}");
            if let Err(error) = store(&failure.unsent, &folder) {
                eprintln!("the events are lost: {error}");
            }
        })
        .start()?;
    let app = Router::new()
        .route("/orders", post(place_order))
        .with_state(events.clone());
    // Returns after the last response was sent, so no handler adds events any more.
    axum::serve(listener, app)
        .with_graceful_shutdown(stop)
        .await?;
    let report = events.shutdown(Duration::from_secs(10)).await;
    store(&report.unsent, &unsent)?;
    Ok(report)
}

fn store(batch: &Batch, folder: &Path) -> Result<(), Box<dyn Error>> {
    if !batch.is_empty() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        fs::write(folder.join(format!("{now}.batch")), batch.to_bytes())?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::from_env()?;
    let unsent = PathBuf::from("unsent");
    fs::create_dir_all(&unsent)?;
    let listener = TcpListener::bind("0.0.0.0:3000").await?;
    let report = serve(listener, &client, stop_signal(), unsent).await?;
    println!("{report}");
    Ok(())
}

/// Completes on Ctrl-C, or on SIGTERM, which container platforms send.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
