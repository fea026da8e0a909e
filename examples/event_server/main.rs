//! The embedded event server by itself, for programs in any language to send to.
//!
//! Run with `cargo run --example event_server -- --port 8288`.

use std::io::Write as _;
use std::process::ExitCode;

use inngest_core::testing::{EventServer, EventServerBuilder};

const USAGE: &str = "\
Takes events as Inngest's event API does and runs nothing. Ctrl-C ends it.

Usage: event_server [--port PORT] [--address ADDRESS] [--event-key KEY]... [--keep EVENTS]

  --port PORT        where to listen; a free port without it
  --address ADDRESS  the address to listen at; 127.0.0.1 without it
  --event-key KEY    takes events with this key only; may be given more than once
  --keep EVENTS      how many events are kept, the newest; 100000 without it
  --help             this text

  POST /e/KEY                      events as JSON
  GET  /                           what came, for a browser
  GET  /v1/events?name=..&limit=.. what came, as JSON
  GET  /v1/events/ID               one event
  GET  /health                     whether it runs

Exit codes: 0 ended by Ctrl-C or SIGTERM, 1 the port is taken, 2 wrong usage.";

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
    // Whoever started this waits for the line, also through a pipe.
    let _ = std::io::stdout().flush();
    ended().await;
    let counts = server.counts();
    println!(
        "events received: {}, functions run for: {}",
        counts.events, counts.runs
    );
    ExitCode::SUCCESS
}

/// `None` when the usage is asked for.
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
async fn ended() {
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
