//! Runs the embedded event server as a program, for clients in any language.
//!
//! Run with `cargo run --example event_server -- --port 8288`.

use std::io::Write as _;
use std::process::ExitCode;

use inngest_core::testing::{EventServer, EventServerBuilder};

const USAGE: &str = "\
Accepts events like Inngest's event API and runs no functions. Ctrl-C stops it.

Usage: event_server [--port PORT] [--address ADDRESS] [--event-key KEY]... [--keep EVENTS]

  --port PORT        the port to listen on; default: a free one
  --address ADDRESS  the address to listen on; default: 127.0.0.1
  --event-key KEY    accepts only events with this key; can be repeated
  --keep EVENTS      how many of the newest events to keep; default: 100000
  --help             prints this help

  POST /e/KEY                      events as JSON
  GET  /                           the received events, for a browser
  GET  /v1/events?name=..&limit=.. the received events, as JSON
  GET  /v1/events/ID               one event
  GET  /health                     whether the server is running

Exit codes: 0 ended by Ctrl-C or SIGTERM, 1 the port is in use, 2 invalid arguments.";

#[tokio::main]
async fn main() -> ExitCode {
    let builder = match settings(std::env::args().skip(1)) {
        Ok(Some(builder)) => builder,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("error: {problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let server = match builder.start() {
        Ok(server) => server,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("listening on {}", server.url());
    // The parent process waits for this line, also through a pipe.
    let _ = std::io::stdout().flush();
    stop_signal().await;
    let counts = server.counts();
    println!(
        "events received: {}, functions run for: {}",
        counts.events, counts.runs
    );
    ExitCode::SUCCESS
}

/// Parses the arguments. `None` means `--help`.
fn settings(
    mut arguments: impl Iterator<Item = String>,
) -> Result<Option<EventServerBuilder>, String> {
    let mut builder = EventServer::builder();
    while let Some(name) = arguments.next() {
        if name == "--help" || name == "-h" {
            return Ok(None);
        }
        let value = arguments.next();
        let value = value.ok_or_else(|| format!("`{name}` has no value"))?;
        let wrong = || format!("`{name}` cannot be `{value}`");
        builder = match name.as_str() {
            "--port" => builder.port(value.parse().map_err(|_| wrong())?),
            "--keep" => builder.keep_events(value.parse().map_err(|_| wrong())?),
            "--address" => builder.address(value.parse().map_err(|_| wrong())?),
            "--event-key" => builder.event_key(value),
            _ => return Err(format!("unknown argument `{name}`")),
        };
    }
    Ok(Some(builder))
}

/// Waits for Ctrl-C or SIGTERM.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
