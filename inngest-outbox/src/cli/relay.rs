//! Implements the command `relay`.

use std::time::{Duration, Instant, SystemTime};

use humantime::format_rfc3339_seconds;
use indicatif::{ProgressBar, ProgressStyle};
use inngest_core::{Client, RetryPolicy};
use inngest_outbox::{Database, Outbox, OutboxError, Relay, RelayCounts};
use serde_json::json;
use tokio::sync::oneshot;

use crate::cli::args::{Format, RelayArgs};
use crate::cli::commands::Commands;
use crate::cli::database::{Access, Target};
use crate::cli::error::{CliError, with_causes};
use crate::cli::logs;
use crate::cli::output::{INTERRUPTED, NO, Output};
use crate::cli::signals::Signals;
use crate::cli::text::count;

/// How often `--until-empty` checks whether the outbox is empty.
const EMPTY_POLL: Duration = Duration::from_millis(100);

/// How often the client sends a request before the relay holds it back: for about a second.
const ATTEMPTS: u32 = 4;

/// The longest wait between two attempts to connect to the database.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How the relay ended.
enum End {
    /// The outbox was empty, or a signal came.
    Stopped,
    /// A second signal came.
    Interrupted,
}

pub(super) async fn run(commands: &Commands, args: &RelayArgs) -> Result<Output, CliError> {
    let bar = if args.until_empty {
        progress_bar()
    } else {
        ProgressBar::hidden()
    };
    logs::start(&bar)?;
    // The relay retries too. So a request that fails several times is soon logged and in the status.
    let retry = RetryPolicy::default().attempts(ATTEMPTS);
    let client = Client::builder().retry(retry).build();
    let client = client.map_err(|error| CliError::new(with_causes(&error)))?;
    let target = commands.target(Access::Relay)?;
    let mut signals = Signals::new()
        .map_err(|error| CliError::new(format!("cannot wait for signals: {error}")))?;
    let started = Instant::now();
    let Some(database) = connect(&target, &mut signals).await? else {
        let elapsed = started.elapsed();
        return Ok(output(
            commands,
            args,
            RelayCounts::default(),
            elapsed,
            false,
        ));
    };
    let mut relay = Relay::new(commands.outbox.clone(), database.clone(), client)
        .lease(args.lease)
        .concurrency(args.concurrency.get())
        .idle_poll(args.idle_poll)
        .shutdown_timeout(args.shutdown_timeout)
        .listen(args.listen);
    if args.without_batched_functions {
        relay = relay.without_batched_functions();
    }
    if let Some(keep) = args.keep_delivered {
        relay = relay.keep_delivered(keep);
    }
    let started = Instant::now();
    let outbox = args.until_empty.then_some(&commands.outbox);
    let (end, is_empty) = send(&relay, outbox, &database, &bar, &mut signals).await?;
    bar.finish_and_clear();
    if matches!(end, End::Interrupted) {
        return Ok(Output {
            code: INTERRUPTED,
            ..Output::default()
        });
    }
    // The requests that the relay finished after a signal may have been the last ones.
    let is_empty =
        is_empty || args.until_empty && commands.outbox.is_empty(database).await.unwrap_or(false);
    let elapsed = started.elapsed();
    Ok(output(commands, args, relay.counts(), elapsed, is_empty))
}

/// The output of a relay that ended without an error.
fn output(
    commands: &Commands,
    args: &RelayArgs,
    counts: RelayCounts,
    time: Duration,
    is_empty: bool,
) -> Output {
    if !args.until_empty {
        return Output::default();
    }
    let output = summary(args.format, counts, time, is_empty);
    if is_empty {
        return output;
    }
    output.with_error(commands.paint, NO, "stopped before the outbox was empty")
}

/// Connects; while the database cannot be reached, retries. Returns `None` after a signal.
async fn connect(target: &Target, signals: &mut Signals) -> Result<Option<Database>, CliError> {
    let mut wait = Duration::from_millis(100);
    let mut is_logged = false;
    loop {
        let unreachable = tokio::select! {
            connected = target.connect() => match connected {
                Ok(database) => return Ok(Some(database)),
                Err(unreachable) => unreachable,
            },
            () = signals.next() => return Ok(None),
        };
        if !unreachable.is_transient {
            return Err(unreachable.error);
        }
        if !std::mem::replace(&mut is_logged, true) {
            tracing::warn!("{}; the relay waits for it", unreachable.error);
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = signals.next() => return Ok(None),
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Sends events until a signal comes, or until the outbox in `drains` is empty. Returns whether it was.
async fn send(
    relay: &Relay,
    drains: Option<&Outbox>,
    database: &Database,
    bar: &ProgressBar,
    signals: &mut Signals,
) -> Result<(End, bool), OutboxError> {
    let (stop, stopped) = oneshot::channel::<()>();
    let mut is_empty = false;
    let empty = async {
        match drains {
            Some(outbox) => drained(relay, outbox, database, bar).await,
            None => std::future::pending().await,
        }
    };
    let shutdown = async {
        tokio::select! {
            () = empty => is_empty = true,
            _ = stopped => {}
        }
    };
    let end = {
        let mut running = Box::pin(relay.run_until(shutdown));
        tokio::select! {
            ended = &mut running => ended.map(|()| End::Stopped)?,
            () = signals.next() => {
                tracing::info!("finishing the requests in flight; a second signal ends at once");
                // This fails if the relay has already ended.
                let _ = stop.send(());
                tokio::select! {
                    ended = &mut running => ended.map(|()| End::Stopped)?,
                    () = signals.next() => {
                        tracing::warn!("ended at once; another relay sends the requests in flight again");
                        End::Interrupted
                    }
                }
            }
        }
    };
    Ok((end, is_empty))
}

/// Waits until the outbox is empty, and shows progress.
async fn drained(relay: &Relay, outbox: &Outbox, database: &Database, bar: &ProgressBar) {
    let mut counts_at = Instant::now();
    let mut waits_until = None;
    loop {
        // The relay logs errors of the database.
        if let Ok(true) = outbox.is_empty(database.clone()).await {
            return;
        }
        if waits_until.is_none_or(|until| until < SystemTime::now())
            && let Ok(Some((events, lease))) = relay.__waits_for().await
        {
            let until = SystemTime::now() + lease;
            waits_until = Some(until);
            tracing::info!(
                "waiting for {} of another relay; if it died, this relay sends them again after {}",
                count(events, "event"),
                format_rfc3339_seconds(until)
            );
        }
        if !bar.is_hidden() {
            let RelayCounts {
                delivered,
                failed,
                uncertain,
                ..
            } = relay.counts();
            let done = delivered + failed + uncertain;
            let started = Instant::now();
            if counts_at <= started
                && let Ok(status) = outbox.status(database.clone()).await
            {
                bar.set_length(done + status.pending + status.in_flight);
                // Counting a long table must not slow the relay down.
                counts_at = Instant::now() + Duration::from_millis(300) + started.elapsed() * 20;
            }
            bar.set_position(done);
        }
        tokio::time::sleep(EMPTY_POLL).await;
    }
}

fn progress_bar() -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:30} {pos} of {len} events, {per_sec}, {eta} left");
    let bar = ProgressBar::new(0);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn summary(format: Format, counts: RelayCounts, time: Duration, is_empty: bool) -> Output {
    let RelayCounts {
        delivered,
        failed,
        uncertain,
        ..
    } = counts;
    let seconds = time.as_secs_f64();
    let delivered_text = count(delivered, "event");
    let text = format!(
        "{delivered_text} delivered, {failed} failed, {uncertain} uncertain in {seconds:.1} s"
    );
    Output::new(format, &text, || {
        json!({
            "delivered": delivered,
            "failed": failed,
            "uncertain": uncertain,
            "seconds": seconds,
            "empty": is_empty,
        })
    })
}
